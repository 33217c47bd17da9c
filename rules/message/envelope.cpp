#include "rules/message/envelope.hpp"

#include "rules/base/text.hpp"

namespace pams {

std::string domain_of(std::string_view address) {
  const auto at = address.rfind('@');
  return at == std::string_view::npos ? std::string() : text::to_lower(address.substr(at + 1));
}

bool domain_matches(std::string_view domain, std::string_view pattern) {
  if (!pattern.starts_with("*.")) return text::iequals(domain, pattern);
  const auto suffix = pattern.substr(1);
  return domain.size() > suffix.size() && text::iends_with(domain, suffix);
}

}  // namespace pams
