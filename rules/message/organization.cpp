#include "rules/message/organization.hpp"

#include <algorithm>

#include "rules/message/envelope.hpp"
#include "rules/unicode/address.hpp"

namespace pams {

bool Organization::has_address(std::string_view address) const {
  const auto domain = looked_up_domain(split_address(address).domain);
  return std::ranges::any_of(accepted_domains, [&](const auto& p) { return domain_matches(domain, p); });
}

bool Organization::has_recipient(std::string_view address) const {
  const bool is_route = dequoted(split_address(address).local).find_first_of("@%!") != std::string::npos;
  return !is_route && has_address(address);
}

}  // namespace pams
