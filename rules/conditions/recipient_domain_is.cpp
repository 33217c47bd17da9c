#include "rules/conditions/sender_and_recipients.hpp"

namespace pams::rules {
namespace {

Result<Predicate> compile(const schema::Args& args) {
  if (auto list = check_not_empty(args.words("domains")); !list) return tl::unexpected(list.error());
  return Predicate([domains = args.words("domains")](const Mail& mail, const Scope& scope) {
    return recipients(mail, scope.recipients, [&](auto address) { return in_domains(address, domains); });
  });
}

constexpr schema::Param kParams[] = {
    {.key = "domains",
     .type = schema::Type::Domains,
     .doc = "Domains without the at sign; envelope recipients are looked at, any or all as the rule says.",
     .required = true},
};
constexpr Example kExamples[] = {
    {R"(["klant.example"])", "To: x@y.example\n\n", true},
    {R"(["klant.example"])", "To: x@klant.example\n\n", false, "anna@example.org",
     "x@other.example y@example.org"},
};

}  // namespace

extern constinit const Condition recipient_domain_is{
    .name = "recipient_domain_is",
    .exchange = "RecipientDomainIs",
    .summary = "A recipient's domain is one of these or below one of these.",
    .needs_body = false,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
