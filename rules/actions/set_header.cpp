#include "rules/actions/action.hpp"
#include "rules/actions/values.hpp"

namespace pams::rules {
namespace {

Result<Step> compile(const schema::Args& args) {
  if (auto name = check_field_name(args.text("name")); !name) return tl::unexpected(name.error());
  if (auto value = check_one_line(args.text("value")); !value) return tl::unexpected(value.error());
  return Step([name = args.text("name"), value = args.text("value")](Draft& draft) -> Result<std::string> {
    const bool was_there = draft.mail.message().headers.has(name);
    draft.mail.edit_headers().set(name, make_header_value(value));
    return (was_there ? "changed " : "added ") + name;
  });
}

constexpr schema::Param kParams[] = {
    {.key = "name", .type = schema::Type::Text, .doc = "Name of the field.", .required = true},
    {.key = "value",
     .type = schema::Type::Text,
     .doc = "Its value in UTF-8; encoded and folded as needed.",
     .required = true},
};
constexpr ActionExample kExamples[] = {
    {R"({ name = "X-Example", value = "1" })", "Subject: a\n\nb\n", "Subject: a\nX-Example: 1\n\nb\n"},
    {R"({ name = "X-Example", value = "1" })", "x-example: 0\nSubject: a\nX-Example: 5\n\n",
     "x-example: 1\nSubject: a\n\n"},
};

}  // namespace

extern constinit const Action set_header{
    .name = "set_header",
    .exchange = "SetHeaderName, SetHeaderValue",
    .summary = "Gives a header field a value; adds the field when there is none.",
    .needs_body = false,
    .edits_content = true,
    .keys = {.header = "name", .header_value = "value"},
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
