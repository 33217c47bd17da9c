/// Values that can be compared: times and sizes, as a query writes them. A value is itself a span: a day
/// lasts 86,400 seconds. Pure; any thread. Sources: Microsoft's "KQL syntax reference" (ISO 8601 forms, UTC,
/// names of intervals) and "Message properties and search operators for In-Place eDiscovery" (04/15/2015).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rules/base/result.hpp"

namespace pams::query {

/// Both ends belong to it.
struct Extent {
  std::int64_t first, last;
};

/// Seconds since 1970. 2026-01-31, 2026-01-31T09:30[:00][Z|+01:00] (UTC without a zone), 01/31/2026 where it
/// cannot be another day in the day/month order, and, when `now` is there: today, yesterday, this week (from
/// Monday), last week, this month, last month, this year, last year. The error says what is wrong with the
/// text.
tl::expected<Extent, std::string> time_extent(std::string_view text,
                                              std::optional<std::chrono::sys_seconds> now);

/// 20000, 10KB, "5 MB".
tl::expected<Extent, std::string> size_extent(std::string_view text);

/// The first second of the times that time_extent() reads (of the year 0), and the last one (of 9999).
inline constexpr std::int64_t kFirstSecond = -62'167'219'200;
inline constexpr std::int64_t kLastSecond = 253'402'300'799;

}  // namespace pams::query
