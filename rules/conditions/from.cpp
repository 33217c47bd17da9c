#include "rules/conditions/sender_and_recipients.hpp"

namespace pams::rules {
namespace {

Result<Predicate> compile(const schema::Args& args) {
  if (auto list = check_not_empty(args.words("addresses")); !list) return tl::unexpected(list.error());
  return Predicate([addresses = AddressList(args.words("addresses"))](const Mail& mail, const Scope& scope) {
    return any_sender(mail, scope.sender, [&](auto address) { return addresses.has(address); });
  });
}

constexpr schema::Param kParams[] = {
    {.key = "addresses",
     .type = schema::Type::Addresses,
     .doc = "Addresses, however they are written; where the sender is read follows sender_address_location.",
     .required = true},
};
constexpr Example kExamples[] = {
    {R"(["anna@example.org", "bob@example.org"])", "From: Anna <ANNA@example.org>\n\n", true},
    {R"(["anna@example.org"])", "From: \"an\\na\"@Example.org.\n\n", true},
    {R"(["anna@bücher.example"])", "From: anna@xn--bcher-kva.example\n\n", true},
    {R"(["anna@example.org"])", "From: anna@example.org.evil.example\n\n", false},
    {R"(["anna@example.org"])", "From: \"anna@example.org\" <eve@evil.example>\n\n", false},
};

}  // namespace

extern constinit const Condition from{
    .name = "from",
    .exchange = "From",
    .summary = "The sender is one of these addresses.",
    .needs_body = false,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
