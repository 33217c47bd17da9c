#include "rules/actions/action.hpp"
#include "rules/actions/values.hpp"
#include "rules/base/text.hpp"

namespace pams::rules {
namespace {

/// The subject's own bytes stay as they are when that is possible: an encoded word needs a blank in front
/// (RFC 2047 5), and a line has its limit (RFC 5322 2.1.1).
std::string prepended(const std::string& prefix, const HeaderField& subject) {
  const auto value = text::trim_left(subject.value);
  const bool fits = prefix.size() + value.substr(0, value.find("\r\n")).size() < 900;
  const bool joins = prefix.ends_with(' ') || !value.starts_with("=?");
  if (text::is_ascii(prefix) && fits && joins) return " " + prefix + std::string(value);
  return make_header_value(prefix + subject.decoded());
}

Result<Step> compile(const schema::Args& args) {
  if (args.text("text").empty()) return fail(Failure::Misconfigured, "the text is empty");
  if (auto text = check_one_line(args.text("text")); !text) return tl::unexpected(text.error());
  return Step([prefix = args.text("text")](Draft& draft) -> Result<std::string> {
    const auto* subject = draft.mail.message().headers.find("Subject");
    auto value = subject == nullptr ? make_header_value(prefix) : prepended(prefix, *subject);
    draft.mail.edit_headers().set("Subject", std::move(value));
    return std::string("changed Subject");
  });
}

constexpr schema::Param kParams[] = {
    {.key = "text",
     .type = schema::Type::Text,
     .doc = "The text, with the blank that separates it from the subject.",
     .required = true},
};
constexpr ActionExample kExamples[] = {
    {R"("[EXT] ")", "subject:  Hello\n world\n\nb\n", "subject: [EXT] Hello\n world\n\nb\n"},
    {R"("[EXT]")", "Subject: =?utf-8?q?caf=C3=A9?=\n\n", "Subject: =?utf-8?Q?=5BEXT=5Dcaf=C3=A9?=\n\n"},
    {R"("[EXT] ")", "From: a@b.example\n\n", "From: a@b.example\nSubject: [EXT]\n\n"},
};

}  // namespace

extern constinit const Action prepend_subject{
    .name = "prepend_subject",
    .exchange = "PrependSubject",
    .summary = "Puts a text in front of the subject.",
    .needs_body = false,
    .edits_content = true,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
