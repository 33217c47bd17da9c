/// How old something is, as people write it: "1h", "90 days", "10 years", "1 year 6 months". Months and years
/// are the calendar's, all else is exact. Pure; any thread.
///
/// The configuration's durations are seconds; there a month counts as 31 days and a year as 366
/// (rules/schema).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pams::milter {

struct Age {
  std::chrono::months months{};
  std::chrono::seconds rest{};
};

inline constexpr std::string_view kAgeUnits = "s, min, h, days, weeks, months, years";

/// nullopt for anything else. "m" is no unit: minutes or months?
std::optional<Age> age_in(std::string_view text);

/// The moment that was so long before `now`: 1 month before 31 March is the last day of February, at the same
/// time of day. Not before 1970.
std::chrono::sys_seconds before(std::chrono::sys_seconds now, const Age& age);

}  // namespace pams::milter
