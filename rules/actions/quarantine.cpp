#include "rules/actions/action.hpp"
#include "rules/actions/values.hpp"

namespace pams::rules {
namespace {

Result<Step> compile(const schema::Args& args) {
  if (auto text = check_reply_text(args.text("reason")); !text) return tl::unexpected(text.error());
  return Step([reason = args.text("reason")](Draft& draft) -> Result<std::string> {
    draft.ending = Quarantine{reason};
    return "quarantined: " + reason;
  });
}

constexpr schema::Param kParams[] = {
    {.key = "reason",
     .type = schema::Type::Text,
     .doc = "What the MTA notes down; ASCII, at most 256 characters.",
     .fallback = "\"held by a rule\""},
};
constexpr ActionExample kExamples[] = {
    {"true", "Subject: a\n\n", "= quarantine held by a rule"},
    {R"("to be looked at")", "Subject: a\n\n", "= quarantine to be looked at"},
};

}  // namespace

extern constinit const Action quarantine{
    .name = "quarantine",
    .exchange = "Quarantine",
    .summary = "Holds the message in the MTA's quarantine.",
    .needs_body = false,
    .edits_content = false,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
