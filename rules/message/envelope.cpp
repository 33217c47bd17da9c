#include "rules/message/envelope.hpp"

#include "rules/base/text.hpp"
#include "rules/unicode/address.hpp"

namespace pams {

std::string domain_of(std::string_view address) { return canonical_domain(split_address(address).domain); }

bool domain_matches(std::string_view domain, std::string_view pattern) {
  if (!pattern.starts_with("*.")) return text::iequals(domain, pattern);
  const auto suffix = pattern.substr(1);
  return domain.size() > suffix.size() && text::iends_with(domain, suffix);
}

}  // namespace pams
