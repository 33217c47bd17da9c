#include "rules/actions/action.hpp"
#include "rules/actions/values.hpp"
#include "rules/base/text.hpp"

namespace pams::rules {
namespace {

/// Exchange allows 5.7.1 and 5.7.900 to 5.7.999.
bool is_rule_status(std::string_view code) {
  return code == "5.7.1" || (code.size() == 7 && code.starts_with("5.7.9") && text::is_digit(code[5]) &&
                             text::is_digit(code[6]));
}

Result<Step> compile(const schema::Args& args) {
  if (auto text = check_reply_text(args.text("reason_text")); !text) return tl::unexpected(text.error());
  if (!is_rule_status(args.text("enhanced_status_code")))
    return fail(Failure::Misconfigured,
                "'" + args.text("enhanced_status_code") + "' must be 5.7.1 or one of 5.7.900 to 5.7.999");
  return Step([reject = Reject{args.text("enhanced_status_code"), args.text("reason_text")}](
                  Draft& draft) -> Result<std::string> {
    draft.ending = reject;
    return "rejected with " + reject.status;
  });
}

constexpr schema::Param kParams[] = {
    {.key = "reason_text",
     .type = schema::Type::Text,
     .doc = "What the sender reads; ASCII, at most 256 characters.",
     .fallback = "\"Delivery not authorized, message refused\""},
    {.key = "enhanced_status_code",
     .type = schema::Type::Text,
     .doc = "5.7.1, or 5.7.900 to 5.7.999.",
     .fallback = "\"5.7.1\""},
};
constexpr ActionExample kExamples[] = {
    {R"({ reason_text = "No secrets by mail", enhanced_status_code = "5.7.900" })", "Subject: a\n\n",
     "= reject 5.7.900 No secrets by mail"},
    {R"({})", "Subject: a\n\n", "= reject 5.7.1 Delivery not authorized, message refused"},
};

}  // namespace

extern constinit const Action reject_message{
    .name = "reject_message",
    .exchange = "RejectMessageReasonText, RejectMessageEnhancedStatusCode",
    .summary = "Refuses the message; the sender is told.",
    .needs_body = false,
    .edits_content = false,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
