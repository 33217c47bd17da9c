#include "rules/base/number.hpp"

#include <algorithm>

#include "rules/base/text.hpp"

namespace pams {

std::optional<unsigned> parse_port(std::string_view digits) {
  const auto port = parse_number<unsigned>(digits, 65535);
  return port && *port > 0 ? port : std::nullopt;
}

std::optional<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units) {
  const auto digits = text.substr(0, text.find_first_not_of("0123456789"));
  const auto number = parse_number<std::uint64_t>(digits);
  const auto name = text::trim(text.substr(digits.size()));
  const auto unit = std::ranges::find_if(units, [&](const Unit& u) { return text::iequals(u.name, name); });
  if (!number || unit == units.end() || *number > INT64_MAX / unit->factor) return std::nullopt;
  return *number * unit->factor;
}

}  // namespace pams
