#include "milter/base/age.hpp"

#include <algorithm>
#include <array>

#include "rules/base/text.hpp"

namespace pams::milter {
namespace {

using namespace std::chrono;

struct AgeUnit {
  std::string_view name;
  int months, seconds;
};
constexpr std::array<AgeUnit, 15> kUnits{{{"s", 0, 1},
                                          {"sec", 0, 1},
                                          {"min", 0, 60},
                                          {"h", 0, 3600},
                                          {"hour", 0, 3600},
                                          {"hours", 0, 3600},
                                          {"d", 0, 86400},
                                          {"day", 0, 86400},
                                          {"days", 0, 86400},
                                          {"week", 0, 7 * 86400},
                                          {"weeks", 0, 7 * 86400},
                                          {"month", 1, 0},
                                          {"months", 1, 0},
                                          {"year", 12, 0},
                                          {"years", 12, 0}}};

/// As many characters of `text` as `belongs` takes, which are taken from its front.
template <class Belongs>
std::string_view take(std::string_view& text, Belongs belongs) {
  const auto* const end = std::ranges::find_if_not(text, belongs);
  const auto piece = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(piece.size());
  return piece;
}

/// A thousand years in each unit are more than anybody keeps, and cannot overflow.
std::optional<std::int64_t> small_number(std::string_view digits) {
  constexpr std::int64_t kMax = 100'000'000;
  std::int64_t number = 0;
  for (const char c : digits) {
    number = number * 10 + (c - '0');
    if (number > kMax) return std::nullopt;
  }
  return digits.empty() ? std::nullopt : std::optional(number);
}

}  // namespace

std::optional<Age> age_in(std::string_view text) {
  Age age;
  auto rest = text::trim(text);
  if (rest.empty()) return std::nullopt;
  while (!rest.empty()) {
    const auto number = small_number(take(rest, text::is_digit));
    rest = text::trim_left(rest);
    const auto unit = take(rest, text::is_alpha);
    const auto* const known = std::ranges::find(kUnits, unit, &AgeUnit::name);
    if (!number || known == kUnits.end()) return std::nullopt;
    age.months += months(*number * known->months);
    age.rest += seconds(*number * known->seconds);
    rest = text::trim_left(rest);
  }
  return age;
}

sys_seconds before(sys_seconds now, const Age& age) {
  constexpr months kMax(12 * 1000);
  const auto day = floor<days>(now);
  const year_month_day today(day);
  auto then = today - std::min(age.months, kMax);
  if (!then.ok()) then = then.year() / then.month() / last;
  const auto moment = sys_seconds(sys_days(then)) + (now - day) - age.rest;
  return std::max(moment, sys_seconds{});
}

}  // namespace pams::milter
