#include "milter/base/time_text.hpp"

#include <array>
#include <cstdio>

namespace pams::milter {

std::string iso8601(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  static_cast<void>(
      std::snprintf(text.data(), text.size(), "T%02d:%02d:%02dZ", static_cast<int>(clock.hours().count()),
                    static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count())));
  return iso8601_date(day) + text.data();
}

std::string iso8601_date(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  std::array<char, 64> text{};
  static_cast<void>(std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day())));
  return text.data();
}

}  // namespace pams::milter
