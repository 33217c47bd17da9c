#include "rules/conditions/sender_and_recipients.hpp"

namespace pams::rules {
namespace {

Result<Predicate> compile(const schema::Args& args) {
  if (auto list = check_not_empty(args.words("domains")); !list) return tl::unexpected(list.error());
  return Predicate([domains = args.words("domains")](const Mail& mail, const Scope& scope) {
    return any_sender(mail, scope.sender, [&](auto address) { return in_domains(address, domains); });
  });
}

constexpr schema::Param kParams[] = {
    {.key = "domains",
     .type = schema::Type::Domains,
     .doc = "Domains without the at sign; *.example.org means only what is below it.",
     .required = true},
};
constexpr Example kExamples[] = {
    {R"(["contoso.example"])", "From: a@Contoso.example\n\n", true},
    {R"(["contoso.example"])", "From: a@mail.contoso.example\n\n", true},
    {R"(["*.contoso.example"])", "From: a@contoso.example\n\n", false},
    {R"(["contoso.example"])", "From: a@notcontoso.example\n\n", false},
};

}  // namespace

extern constinit const Condition sender_domain_is{
    .name = "sender_domain_is",
    .exchange = "SenderDomainIs",
    .summary = "The sender's domain is one of these or below one of these.",
    .needs_body = false,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
