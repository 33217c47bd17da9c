#include <algorithm>

#include "rules/actions/action.hpp"

namespace pams::rules {
namespace {

Result<Step> compile(const schema::Args& args) {
  if (args.text("to").empty()) return fail(Failure::Misconfigured, "the name of the archive is empty");
  return Step([store = args.text("to")](Draft& draft) -> Result<std::string> {
    if (std::ranges::find(draft.archives, store) != draft.archives.end())
      return "to be archived in " + store + " already";
    draft.archives.push_back(store);
    return "to be archived in " + store;  // it is when the message is accepted, not before
  });
}

constexpr schema::Param kParams[] = {
    {.key = "to", .type = schema::Type::Text, .doc = "Name of an [[archive]].", .required = true},
};
constexpr ActionExample kExamples[] = {
    {R"({ to = "compliance" })", "Subject: a\n\nb\n", "= archive compliance"},
    {R"("compliance")", "Subject: a\n\nb\n", "= archive compliance"},
};

}  // namespace

extern constinit const Action archive{
    .name = "archive",
    .exchange = "",
    .summary = "Keeps a copy of the message, as it is sent, in an archive.",
    .needs_body = true,
    .edits_content = false,
    .keys = {.archive = "to"},
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
