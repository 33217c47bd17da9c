#include "milter/trace/log_entry.hpp"

#include <random>

#include <boost/test/unit_test.hpp>

using namespace pams::milter::trace;
using namespace std::chrono;

namespace {

Instant at(int y, unsigned m, unsigned d, int hour = 0, int minute = 0, int second = 0, int ms = 0) {
  return Instant(sys_days(year_month_day{year(y), month(m), day(d)})) + hours(hour) + minutes(minute) +
         seconds(second) + milliseconds(ms);
}

/// The year and month of a local time, in which no time zone of the tests' machine can be wrong.
year_month_day date_of(const LogEntry& entry) { return floor<days>(entry.time); }

}  // namespace

BOOST_AUTO_TEST_SUITE(log_entry)

BOOST_AUTO_TEST_CASE(the_traditional_form_gives_service_process_and_text) {
  const auto entry = read_syslog_line(
      "Nov 23 18:13:36 gateway postfix/pams/smtp[20555]: 8A3DAA7A068: removed", at(2026, 11, 24));
  BOOST_TEST_REQUIRE(entry.has_value());
  BOOST_TEST(entry->service == "postfix/pams/smtp");
  BOOST_TEST(entry->process == "20555");
  BOOST_TEST(entry->message == "8A3DAA7A068: removed");
  BOOST_TEST((date_of(*entry).year() == year(2026)));
  BOOST_TEST((date_of(*entry).month() == November));
}

BOOST_AUTO_TEST_CASE(a_time_without_year_is_the_latest_that_is_not_in_the_future) {
  const auto year_of = [](std::string_view line, Instant now) {
    return date_of(*read_syslog_line(line, now)).year();
  };
  BOOST_TEST((year_of("Dec 30 12:00:00 h postfix/qmgr[1]: x", at(2027, 1, 2)) == year(2026)));
  BOOST_TEST((year_of("Jan  2 12:00:00 h postfix/qmgr[1]: x", at(2027, 1, 2)) == year(2027)));
  // The clock of the log's machine may be a little ahead.
  BOOST_TEST((year_of("Jan  1 12:00:00 h postfix/qmgr[1]: x", at(2026, 12, 31, 20)) == year(2027)));
}

BOOST_AUTO_TEST_CASE(rfc_3339_times_are_exact_to_the_millisecond_in_any_zone) {
  const auto time_of = [](const std::string& time) {
    return read_syslog_line(time + " h postfix/qmgr[1]: x", at(2026, 11, 24))->time;
  };
  BOOST_TEST((time_of("2026-11-23T18:00:00.123456+01:00") == at(2026, 11, 23, 17, 0, 0, 123)));
  BOOST_TEST((time_of("2026-11-23T18:00:00.5-02:30") == at(2026, 11, 23, 20, 30, 0, 500)));
  BOOST_TEST((time_of("2026-11-23T18:00:00Z") == at(2026, 11, 23, 18)));
}

BOOST_AUTO_TEST_CASE(lines_of_other_programs_and_broken_lines_are_nothing) {
  for (const auto* line :
       {"", "Nov", "Nov 23 18:13:36", "Nov 23 18:13:36 gateway", "Nov 23 18:13:36 gateway cron[1]: x",
        "Nov 23 18:13:36 gateway postfix/qmgr: x", "Nov 23 18:13:36 gateway postfix/qmgr[]: x",
        "Nov 23 18:13:36 gateway postfix/qmgr[1] x", "Nov 32 18:13:36 gateway postfix/qmgr[1]: x",
        "Nox 23 18:13:36 gateway postfix/qmgr[1]: x", "2026-13-23T18:00:00Z h postfix/qmgr[1]: x",
        "2026-11-23T18:00:00 h postfix/qmgr[1]: x", "2026-11-23T25:00:00Z h postfix/qmgr[1]: x",
        "2026-11-23T18:00:00.Z h postfix/qmgr[1]: x", "last message repeated 3 times"})
    BOOST_TEST(!read_syslog_line(line, at(2026, 11, 24)).has_value(), line);
}

BOOST_AUTO_TEST_CASE(what_a_line_says_cannot_pass_for_another_service) {
  const auto entry = read_syslog_line(
      "Nov 23 18:13:36 h postfix/smtpd[1]: from postfix/smtp[2]: 8A3DAA7A068: removed", at(2026, 11, 24));
  BOOST_TEST(entry->service == "postfix/smtpd");
}

BOOST_AUTO_TEST_CASE(random_bytes_are_read_without_harm) {
  std::mt19937 random(3);
  const std::string line = "2026-11-23T18:00:00.123456+01:00 gateway postfix/smtp[1]: x";
  for (int i = 0; i < 20'000; ++i) {
    auto changed = i % 2 == 0 ? line : "Nov 23 18:13:36 gateway postfix/smtp[1]: x";
    for (int n = 0; n < 3; ++n) changed[random() % changed.size()] = static_cast<char>(random() % 256);
    static_cast<void>(read_syslog_line(changed.substr(0, random() % changed.size()), at(2026, 11, 24)));
  }
}

BOOST_AUTO_TEST_SUITE_END()
