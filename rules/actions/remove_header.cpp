#include "rules/actions/action.hpp"
#include "rules/actions/values.hpp"

namespace pams::rules {
namespace {

Result<Step> compile(const schema::Args& args) {
  if (auto name = check_field_name(args.text("name")); !name) return tl::unexpected(name.error());
  return Step([name = args.text("name")](Draft& draft) -> Result<std::string> {
    if (!draft.mail.message().headers.has(name)) return "no " + name;
    return "removed " + std::to_string(draft.mail.edit_headers().remove(name)) + " " + name;
  });
}

constexpr schema::Param kParams[] = {
    {.key = "name", .type = schema::Type::Text, .doc = "Name of the field.", .required = true},
};
constexpr ActionExample kExamples[] = {
    {R"("X-Mailer")", "x-mailer: a\nSubject: a\nX-Mailer: b\n\nb\n", "Subject: a\n\nb\n"},
    {R"({ name = "X-Mailer" })", "Subject: a\n\nb\n", "Subject: a\n\nb\n"},
};

}  // namespace

extern constinit const Action remove_header{
    .name = "remove_header",
    .exchange = "RemoveHeader",
    .summary = "Removes every header field of that name.",
    .needs_body = false,
    .edits_content = true,
    .keys = {.header = "name"},
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
