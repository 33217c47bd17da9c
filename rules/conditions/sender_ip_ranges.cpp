#include <algorithm>

#include "rules/base/ip_range.hpp"
#include "rules/conditions/sender_and_recipients.hpp"

namespace pams::rules {
namespace {

Result<Predicate> compile(const schema::Args& args) {
  if (auto list = check_not_empty(args.words("ranges")); !list) return tl::unexpected(list.error());
  std::vector<IpRange> ranges;
  for (const auto& word : args.words("ranges")) ranges.push_back(IpRange::parse(word).value());
  return Predicate([ranges](const Mail& mail, const Scope&) {
    const auto address = parse_ip(mail.client().address);
    const bool inside =
        address && std::ranges::any_of(ranges, [&](const auto& r) { return r.contains(*address); });
    return Finding{inside, mail.client().address};
  });
}

constexpr schema::Param kParams[] = {
    {.key = "ranges",
     .type = schema::Type::Networks,
     .doc = "Addresses, networks or ranges a-b; IPv4 and IPv6.",
     .required = true},
};
constexpr Example kExamples[] = {
    {R"(["192.0.2.0/24", "2001:db8::/32"])", "\n", true, "anna@example.org", "piet@klant.example",
     "192.0.2.7"},
    {R"(["192.0.2.1-192.0.2.9"])", "\n", false, "anna@example.org", "piet@klant.example", "192.0.2.10"},
};

}  // namespace

extern constinit const Condition sender_ip_ranges{
    .name = "sender_ip_ranges",
    .exchange = "SenderIpRanges",
    .summary = "The peer that hands the message over has an address in one of these ranges.",
    .needs_body = false,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
