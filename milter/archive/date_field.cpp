#include "milter/archive/date_field.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "rules/base/number.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::archive {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
struct NamedZone {
  std::string_view name;
  int hours;
};
constexpr std::array kZones{NamedZone{"ut", 0},   NamedZone{"utc", 0},  NamedZone{"gmt", 0},
                            NamedZone{"z", 0},    NamedZone{"est", -5}, NamedZone{"edt", -4},
                            NamedZone{"cst", -6}, NamedZone{"cdt", -5}, NamedZone{"mst", -7},
                            NamedZone{"mdt", -6}, NamedZone{"pst", -8}, NamedZone{"pdt", -7}};

/// Without comments, which may be nested, and commas; in small letters.
std::vector<std::string> words_of(std::string_view value) {
  std::vector<std::string> words(1);
  std::size_t depth = 0;
  for (const char c : value) {
    if (c == '(') ++depth;
    if (depth == 0 && c != ',' && text::kBlank.find(c) == std::string_view::npos) {
      words.back() += text::lower(c);
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
    if (c == ')' && depth > 0) --depth;
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::optional<year> year_in(std::string_view digits) {
  const auto number = parse_number<unsigned>(digits, 9999);
  if (!number || digits.size() < 2) return std::nullopt;
  // RFC 5322 4.3: two digits below 50 are of this century, the others and three digits count from 1900.
  auto full = *number;
  if (digits.size() == 2 && full < 50)
    full += 2000;
  else if (digits.size() < 4)
    full += 1900;
  return year{static_cast<int>(full)};
}

std::optional<seconds> clock_in(std::string_view text) {
  const auto parts = text::split(text, ':');
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  const auto hour = parse_number<unsigned>(parts[0], 23), minute = parse_number<unsigned>(parts[1], 59);
  const auto second = parts.size() == 3 ? parse_number<unsigned>(parts[2], 60) : std::optional(0U);
  if (!hour || !minute || !second) return std::nullopt;
  return hours{*hour} + minutes{*minute} + seconds{*second};
}

std::optional<seconds> zone_in(std::string_view text) {
  const auto* const named = std::ranges::find(kZones, text, &NamedZone::name);
  if (named != kZones.end()) return hours{named->hours};
  if (text.size() != 5 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const auto hour = parse_number<unsigned>(text.substr(1, 2), 23);
  const auto minute = parse_number<unsigned>(text.substr(3), 59);
  if (!hour || !minute) return std::nullopt;
  const seconds offset = hours{*hour} + minutes{*minute};
  return text[0] == '-' ? -offset : offset;
}

}  // namespace

std::optional<sys_seconds> date_in(std::string_view value) {
  auto words = words_of(value);
  if (!words.empty() && text::is_alpha(words.front().front())) words.erase(words.begin());  // the weekday
  if (words.size() != 5) return std::nullopt;
  const auto number = parse_number<unsigned>(words[0], 31);
  const auto* const name = std::ranges::find(kMonths, words[1]);
  const auto in_year = year_in(words[2]);
  const auto clock = clock_in(words[3]);
  const auto zone = zone_in(words[4]);
  if (!number || name == kMonths.end() || !in_year || !clock || !zone) return std::nullopt;
  const year_month_day date{*in_year, month{static_cast<unsigned>(name - kMonths.begin()) + 1}, day{*number}};
  if (!date.ok()) return std::nullopt;
  return sys_days{date} + *clock - *zone;
}

}  // namespace pams::milter::archive
