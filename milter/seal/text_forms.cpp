#include "milter/seal/text_forms.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "rules/base/text.hpp"

namespace pams::milter::seal {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::string_view kTimeForm = "0000-00-00T00:00:00Z";

bool has_time_form(std::string_view s) {
  return std::ranges::equal(s, kTimeForm,
                            [](char c, char form) { return form == '0' ? text::is_digit(c) : c == form; });
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto high = kDigits.find(text::lower(hex[i])), low = kDigits.find(text::lower(hex[i + 1]));
    if (high == kDigits.npos || low == kDigits.npos) return std::nullopt;
    out += static_cast<char>(high << 4U | low);
  }
  return out;
}

bool is_lower_hex(std::string_view s, std::size_t digits) {
  return s.size() == digits && s.find_first_not_of(kDigits) == s.npos;
}

std::optional<std::chrono::sys_seconds> parse_iso8601(std::string_view s) {
  if (!has_time_form(s)) return std::nullopt;
  const auto number = [s](std::size_t at, std::size_t size) {
    int value = 0;
    std::from_chars(s.data() + at, s.data() + at + size, value);
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  const int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

}  // namespace pams::milter::seal
