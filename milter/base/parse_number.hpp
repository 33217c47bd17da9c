/// Numbers in settings and in answers of other programs. Pure; any thread.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace pams::milter {

/// The decimal number that `text` begins with, whatever follows it; nullopt when it begins with none, or with
/// one that `Number` cannot hold.
template <std::integral Number>
std::optional<Number> leading_number(std::string_view text) {
  Number number{};
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) return std::nullopt;
  return number;
}

}  // namespace pams::milter
