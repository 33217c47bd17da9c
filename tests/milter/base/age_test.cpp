#include "milter/base/age.hpp"

#include <boost/test/unit_test.hpp>

#include "milter/base/time_text.hpp"

using namespace pams::milter;

namespace {

const std::chrono::sys_seconds kNoonOfMarch31 =
    std::chrono::sys_days{std::chrono::year{2026} / 3 / 31} + std::chrono::hours(12);

std::string moment(std::string_view age) { return iso8601(before(kNoonOfMarch31, age_in(age).value())); }

}  // namespace

BOOST_AUTO_TEST_SUITE(age)

BOOST_AUTO_TEST_CASE(months_and_years_are_the_calendars_and_all_else_is_exact) {
  BOOST_TEST(moment("10 years") == "2016-03-31T12:00:00Z");
  BOOST_TEST(moment("1 month") == "2026-02-28T12:00:00Z");
  BOOST_TEST(moment("25 months") == "2024-02-29T12:00:00Z");
  BOOST_TEST(moment("1 year 1 month") == "2025-02-28T12:00:00Z");
  BOOST_TEST(moment("365 days") == "2025-03-31T12:00:00Z");
  BOOST_TEST(moment("2 weeks") == "2026-03-17T12:00:00Z");
  BOOST_TEST(moment("1h") == "2026-03-31T11:00:00Z");
  BOOST_TEST(moment("1h 30 min") == "2026-03-31T10:30:00Z");
  BOOST_TEST(moment("0 s") == "2026-03-31T12:00:00Z");
}

BOOST_AUTO_TEST_CASE(what_is_no_age_is_refused_and_never_guessed) {
  for (const auto* wrong : {"", " ", "10", "years", "-1 day", "1.5 h", "10 m", "1 decade", "1 h 5",
                            "1 day ago", "99999999999999999999 s", "2026-01-01"})
    BOOST_TEST(!age_in(wrong).has_value(), wrong);
}

BOOST_AUTO_TEST_CASE(an_age_beyond_1970_ends_there) {
  BOOST_TEST(moment("100000000 years") == "1970-01-01T00:00:00Z");
  BOOST_TEST(moment("100000000 weeks 100000000 years") == "1970-01-01T00:00:00Z");
}

BOOST_AUTO_TEST_SUITE_END()
