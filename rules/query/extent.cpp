#include "rules/query/extent.hpp"

#include <algorithm>

#include "rules/base/number.hpp"
#include "rules/base/text.hpp"

namespace pams::query {
namespace {

using namespace std::chrono;
using Answer = tl::expected<Extent, std::string>;

constexpr std::int64_t kDay = 86400;

tl::unexpected<std::string> wrong(std::string_view text, const std::string& what) {
  return tl::unexpected("'" + text::printable(text, 80) + "' " + what);
}

std::int64_t seconds_of(sys_days day) { return duration_cast<seconds>(day.time_since_epoch()).count(); }

/// Of exactly so many digits.
std::optional<unsigned> digits(std::string_view text, std::size_t count, unsigned maximum) {
  if (text.size() != count || !std::ranges::all_of(text, text::is_digit)) return std::nullopt;
  return parse_number<unsigned>(text, maximum);
}

std::optional<sys_days> date_of(std::optional<unsigned> year_number, std::optional<unsigned> month_number,
                                std::optional<unsigned> day_number) {
  if (!year_number || !month_number || !day_number) return std::nullopt;
  const year_month_day date{year{static_cast<int>(*year_number)}, month{*month_number}, day{*day_number}};
  return date.ok() ? std::optional(sys_days{date}) : std::nullopt;
}

std::optional<sys_days> iso_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  return date_of(digits(text.substr(0, 4), 4, 9999), digits(text.substr(5, 2), 2, 12),
                 digits(text.substr(8), 2, 31));
}

/// "+01:00" in seconds.
std::optional<std::int64_t> zone_of(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = digits(text.substr(1, 2), 2, 14);
  const auto minutes = digits(text.substr(4), 2, 59);
  if (!hours || !minutes) return std::nullopt;
  const auto offset = std::int64_t{*hours} * 3600 + std::int64_t{*minutes} * 60;
  return text[0] == '-' ? -offset : offset;
}

/// "09:30", "09:30:00", with a zone or none, on that day.
std::optional<Extent> time_of_day(std::int64_t day, std::string_view text) {
  const bool has_seconds = text.size() >= 8 && text[5] == ':';
  const auto end = has_seconds ? std::size_t{8} : std::size_t{5};
  if (text.size() < end || text[2] != ':') return std::nullopt;
  const auto hour = digits(text.substr(0, 2), 2, 23);
  const auto minute = digits(text.substr(3, 2), 2, 59);
  const auto second = has_seconds ? digits(text.substr(6, 2), 2, 59) : std::optional(0U);
  const auto zone = zone_of(text.substr(end));
  if (!hour || !minute || !second || !zone) return std::nullopt;
  const auto first = day + std::int64_t{*hour} * 3600 + std::int64_t{*minute} * 60 + *second - *zone;
  return Extent{first, has_seconds ? first : first + 59};
}

std::string iso(unsigned year_number, unsigned month_number, unsigned day_number) {
  const auto two = [](unsigned n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return std::to_string(year_number) + "-" + two(month_number) + "-" + two(day_number);
}

/// 04/15/2015 is what Exchange's manual writes; 04/05/2015 means another day to most of its readers.
Answer slashed_date(std::string_view text) {
  const auto parts = text::split(text, '/');
  const auto number = [&](std::size_t i) {
    return digits(parts[i], std::min<std::size_t>(parts[i].size(), 2), 99);
  };
  if (parts.size() != 3 || !number(0) || !number(1) || !digits(parts[2], 4, 9999))
    return wrong(text, "is no day; write one like 2026-01-31");
  const auto first = *number(0), second = *number(1), year_number = *digits(parts[2], 4, 9999);
  const auto american = date_of(year_number, first, second);
  const auto other = date_of(year_number, second, first);
  if (american && other && *american != *other)
    return wrong(text, "may be two days; write " + iso(year_number, first, second) + " or " +
                           iso(year_number, second, first));
  if (!american)
    return wrong(text, other ? "is no month/day/year; write " + iso(year_number, second, first)
                             : std::string("is no day; write one like 2026-01-31"));
  return Extent{seconds_of(*american), seconds_of(*american) + kDay - 1};
}

Extent months(year_month first, int count) {
  return {seconds_of(sys_days{first / 1}),
          seconds_of(sys_days{(first + std::chrono::months{count}) / 1}) - 1};
}

/// The intervals that have names.
std::optional<Extent> named(std::string_view text, sys_seconds now) {
  const auto today = floor<days>(now);
  const year_month_day date{today};
  const year_month this_month{date.year(), date.month()};
  const auto monday = today - (weekday{today} - Monday);
  const auto from = [](sys_days day, int count) {
    return Extent{seconds_of(day), seconds_of(day) + count * kDay - 1};
  };
  if (text == "today") return from(today, 1);
  if (text == "yesterday") return from(today - days{1}, 1);
  if (text == "this week") return from(monday, 7);
  if (text == "last week") return from(monday - days{7}, 7);
  if (text == "this month") return months(this_month, 1);
  if (text == "last month") return months(this_month - std::chrono::months{1}, 1);
  if (text == "this year") return months(date.year() / January, 12);
  if (text == "last year") return months((date.year() - years{1}) / January, 12);
  return std::nullopt;
}

}  // namespace

Answer time_extent(std::string_view text, std::optional<sys_seconds> now) {
  if (const auto interval = named(text::to_lower(text), now.value_or(sys_seconds{}))) {
    if (!now)
      return wrong(text, "is another time every day, and here one is needed that stays; write a date");
    return *interval;
  }
  if (text.find('/') != std::string_view::npos) return slashed_date(text);
  const auto date = iso_date(text.substr(0, 10));
  if (date && text.size() == 10) return Extent{seconds_of(*date), seconds_of(*date) + kDay - 1};
  if (date && (text[10] == 'T' || text[10] == 't')) {
    const auto moment = time_of_day(seconds_of(*date), text.substr(11));
    if (moment && moment->first >= kFirstSecond && moment->last <= kLastSecond) return *moment;
  }
  return wrong(
      text,
      "is no time; write one like 2026-01-31, 2026-01-31T09:30:00Z, today, yesterday, \"this week\", "
      "\"last month\", \"this year\"");
}

Answer size_extent(std::string_view text) {
  constexpr Unit kPlain[] = {{"", 1}};
  auto bytes = parse_quantity(text, kPlain);
  if (!bytes) bytes = parse_quantity(text, kByteUnits);
  if (!bytes) return wrong(text, "is no size; write bytes like 20000, or 10KB, 5MB, 1GB");
  return Extent{static_cast<std::int64_t>(*bytes), static_cast<std::int64_t>(*bytes)};
}

}  // namespace pams::query
