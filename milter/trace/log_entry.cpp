#include "milter/trace/log_entry.hpp"

#include <array>
#include <ctime>

#include "milter/trace/scanner.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::trace {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct TimeOfDay {
  int hours, minutes, seconds;
};

std::optional<TimeOfDay> time_of_day(Scanner& scan) {
  const auto hours = scan.number(2);
  if (!hours || *hours > 23 || !scan.skip(":")) return std::nullopt;
  const auto minutes = scan.number(2);
  if (!minutes || *minutes > 59 || !scan.skip(":")) return std::nullopt;
  const auto seconds = scan.number(2);
  if (!seconds || *seconds > 60) return std::nullopt;
  return TimeOfDay{*hours, *minutes, *seconds};
}

Instant local_instant(int year, int month, int day, const TimeOfDay& time) {
  std::tm parts{};
  parts.tm_year = year - 1900;
  parts.tm_mon = month;
  parts.tm_mday = day;
  parts.tm_hour = time.hours;
  parts.tm_min = time.minutes;
  parts.tm_sec = time.seconds;
  parts.tm_isdst = -1;
  return Instant(seconds(std::mktime(&parts)));
}

/// "Nov 23 18:00:00 "
std::optional<Instant> traditional_time(Scanner& scan, Instant now) {
  int month = 0;
  while (month < 12 && !scan.skip(kMonths.at(static_cast<std::size_t>(month)))) ++month;
  if (month == 12 || !scan.skip(" ")) return std::nullopt;
  const auto day = scan.number(scan.skip(" ") ? 1 : 2);
  if (!day || *day < 1 || *day > 31 || !scan.skip(" ")) return std::nullopt;
  const auto time = time_of_day(scan);
  if (!time || !scan.skip(" ")) return std::nullopt;
  const int year = static_cast<int>(year_month_day(floor<days>(now + days(1))).year());
  const auto instant = local_instant(year, month, *day, *time);
  return instant <= now + days(1) ? instant : local_instant(year - 1, month, *day, *time);
}

/// What stands after the seconds: "", ".5", ".123456".
std::optional<milliseconds> fraction(Scanner& scan) {
  if (!scan.skip(".")) return milliseconds(0);
  const auto digits = scan.some(text::is_digit);
  if (!digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < 3; ++i) value = value * 10 + (i < digits->size() ? (*digits)[i] - '0' : 0);
  return milliseconds(value);
}

std::optional<minutes> zone(Scanner& scan) {
  if (scan.skip("Z")) return minutes(0);
  const int sign = scan.skip("-") ? -1 : scan.skip("+") ? 1 : 0;
  const auto hour = sign == 0 ? std::nullopt : scan.number(2);
  if (!hour || *hour > 23 || !scan.skip(":")) return std::nullopt;
  const auto minute = scan.number(2);
  if (!minute || *minute > 59) return std::nullopt;
  return sign * (hours(*hour) + minutes(*minute));
}

/// "2026-11-23T18:00:00.123456+01:00 "
std::optional<Instant> rfc3339_time(Scanner& scan) {
  const auto y = scan.number(4);
  if (!y || !scan.skip("-")) return std::nullopt;
  const auto m = scan.number(2);
  if (!m || !scan.skip("-")) return std::nullopt;
  const auto d = scan.number(2);
  if (!d || !scan.skip("T")) return std::nullopt;
  const year_month_day date{year(*y), month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d))};
  const auto time = time_of_day(scan);
  if (!date.ok() || !time) return std::nullopt;
  const auto part = fraction(scan);
  if (!part) return std::nullopt;
  const auto offset = zone(scan);
  if (!offset || !scan.skip(" ")) return std::nullopt;
  return Instant(sys_days(date)) + hours(time->hours) + minutes(time->minutes) + seconds(time->seconds) +
         *part - *offset;
}

}  // namespace

std::optional<LogEntry> read_syslog_line(std::string_view line, Instant now) {
  Scanner scan(line);
  const bool is_rfc3339 = !line.empty() && text::is_digit(line.front());
  const auto time = is_rfc3339 ? rfc3339_time(scan) : traditional_time(scan, now);
  if (!time || !scan.until(" ")) return std::nullopt;  // the host's name
  const auto service = scan.some([](char c) { return c != '[' && c != ' ' && c != ':'; });
  // Every Postfix service names itself syslog_name/service.
  if (!service || service->find('/') == std::string_view::npos || !scan.skip("[")) return std::nullopt;
  const auto process = scan.some(text::is_digit);
  if (!process || !scan.skip("]: ")) return std::nullopt;
  return LogEntry{*time, std::string(*service), std::string(*process), std::string(scan.rest())};
}

}  // namespace pams::milter::trace
