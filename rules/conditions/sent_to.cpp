#include "rules/conditions/sender_and_recipients.hpp"

namespace pams::rules {
namespace {

Result<Predicate> compile(const schema::Args& args) {
  if (auto list = check_not_empty(args.words("addresses")); !list) return tl::unexpected(list.error());
  return Predicate([addresses = AddressList(args.words("addresses"))](const Mail& mail, const Scope& scope) {
    return recipients(mail, scope.recipients, [&](auto address) { return addresses.has(address); });
  });
}

constexpr schema::Param kParams[] = {
    {.key = "addresses",
     .type = schema::Type::Addresses,
     .doc =
         "Addresses, however they are written, of the envelope (Bcc too); any or all recipients as the rule says.",
     .required = true},
};
constexpr Example kExamples[] = {
    {R"(["piet@klant.example"])", "To: undisclosed-recipients:;\n\n", true, "anna@example.org",
     "a@b.example PIET@klant.example"},
    {R"(["piet@xn--bcher-kva.example"])", "\n", true, "anna@example.org", "\"piet\"@B\u00dccher.example."},
    {R"(["piet@klant.example"])", "To: piet@klant.example\n\n", false, "anna@example.org",
     "jan@klant.example"},
};

}  // namespace

extern constinit const Condition sent_to{
    .name = "sent_to",
    .exchange = "SentTo",
    .summary = "A recipient is one of these addresses.",
    .needs_body = false,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
