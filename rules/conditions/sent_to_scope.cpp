#include "rules/conditions/sender_and_recipients.hpp"

namespace pams::rules {
namespace {

Result<Predicate> compile(const schema::Args& args) {
  const bool inside = kInsideOrganization.at(args.text("scope"));
  return Predicate([inside](const Mail& mail, const Scope& scope) {
    return recipients(mail, scope.recipients,
                      [&](auto address) { return mail.organization().has_recipient(address) == inside; });
  });
}

constexpr schema::Param kParams[] = {
    {.key = "scope",
     .type = schema::Type::Choice,
     .doc = "Whether the domain of the recipient is accepted; any or all recipients as the rule says.",
     .required = true,
     .choices = kInsideOrganization.names},
};
constexpr Example kExamples[] = {
    {R"("not_in_organization")", "To: a@example.org\n\n", true, "anna@example.org",
     "a@example.org b@klant.example"},
    {R"("not_in_organization")", "To: b@klant.example\n\n", false, "anna@example.org", "a@example.org"},
    {R"("in_organization")", "To: a@example.org\n\n", true, "anna@example.org", "a@EXAMPLE.org"},
    {R"("in_organization")", "To: a@example.org\n\n", false, "anna@example.org",
     "\"b@klant.example\"@example.org"},
};

}  // namespace

extern constinit const Condition sent_to_scope{
    .name = "sent_to_scope",
    .exchange = "SentToScope",
    .summary = "A recipient is inside, or outside, the organization.",
    .needs_body = false,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
