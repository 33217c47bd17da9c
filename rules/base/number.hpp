/// Decimal numbers as people write them. Pure; any thread.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

namespace pams {

/// All of `digits` as a number; nothing when anything else stands there, or when it is larger than `max`.
template <std::unsigned_integral T>
std::optional<T> parse_number(std::string_view digits, T max = std::numeric_limits<T>::max()) {
  T number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number > max) return std::nullopt;
  return number;
}

/// 1 to 65535.
std::optional<unsigned> parse_port(std::string_view digits);

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
inline constexpr Unit kByteUnits[] = {{"b", 1}, {"kb", 1U << 10U}, {"mb", 1U << 20U}, {"gb", 1U << 30U}};

/// "50 MB": a number, and the name of a unit in any letter case. Nothing for every other form, and for what
/// does not fit into a signed 64-bit number.
std::optional<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units);

}  // namespace pams
