#include "rules/policy/header_firewall.hpp"

#include <algorithm>
#include <array>

#include "rules/policy/flag.hpp"

namespace pams::rules {
namespace {

constexpr std::array<std::string_view, 2> kPrefixes{"x-ms-exchange-organization-", "x-ms-exchange-forest-"};

}  // namespace

bool is_internal_to_exchange(const HeaderField& field) {
  const auto name = header_key(field.name);
  return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

void remove_internal_fields(Headers& headers) {
  if (std::ranges::none_of(headers.fields(), is_internal_to_exchange)) return;
  auto fields = headers.fields();
  std::erase_if(fields, is_internal_to_exchange);
  headers = Headers(std::move(fields));
}

}  // namespace pams::rules
