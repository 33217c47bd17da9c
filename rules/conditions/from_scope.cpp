#include "rules/base/text.hpp"
#include "rules/conditions/sender_and_recipients.hpp"

namespace pams::rules {
namespace {

/// Exchange's unauthenticated sender with an accepted domain is in neither scope by the letter; here he is
/// outside.
Finding is_inside(const Mail& mail) {
  if (!mail.is_trusted()) return {false, "the peer is not trusted"};
  // SenderAddressLocation does not govern FromScope (New-TransportRule); without From: the envelope must do.
  const auto location = mail.from().empty() ? SenderAddressLocation::Envelope : SenderAddressLocation::Header;
  return any_sender(mail, location, [&](auto address) { return mail.organization().has_address(address); });
}

Result<Predicate> compile(const schema::Args& args) {
  const bool inside = kInsideOrganization.at(args.text("scope"));
  return Predicate([inside](const Mail& mail, const Scope&) {
    auto finding = is_inside(mail);
    finding.holds = finding.holds == inside;
    return finding;
  });
}

constexpr schema::Param kParams[] = {
    {.key = "scope",
     .type = schema::Type::Choice,
     .doc = "Inside: an accepted domain in From:, handed in by a trusted peer; outside: everybody else.",
     .required = true,
     .choices = kInsideOrganization.names},
};
constexpr Example kExamples[] = {
    {R"("in_organization")", "From: anna@example.org\n\n", true},
    {R"("in_organization")", "From: anna@example.org\n\n", false, "anna@example.org", "piet@klant.example",
     "192.0.2.1"},
    {R"("not_in_organization")", "From: anna@example.org\n\n", true, "anna@example.org", "piet@klant.example",
     "192.0.2.1"},
    {R"("in_organization")", "From: eve@evil.example\n\n", false},
};

}  // namespace

extern constinit const Condition from_scope{
    .name = "from_scope",
    .exchange = "FromScope",
    .summary = "The sender is inside, or outside, the organization.",
    .needs_body = false,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
