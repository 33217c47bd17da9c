#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "rules/message/envelope.hpp"

namespace pams {

/// Exchange's accepted domains: who is "in the organization".
struct Organization {
  std::vector<std::string> accepted_domains;  ///< example.org, *.example.org

  bool has_domain(std::string_view domain) const {
    return std::ranges::any_of(accepted_domains, [&](const auto& p) { return domain_matches(domain, p); });
  }
  bool has_address(std::string_view address) const { return has_domain(domain_of(address)); }
};

}  // namespace pams
