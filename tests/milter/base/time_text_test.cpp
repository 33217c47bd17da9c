#include "milter/base/time_text.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono;
using pams::milter::iso8601;
using pams::milter::iso8601_date;

BOOST_AUTO_TEST_SUITE(time_text)

BOOST_AUTO_TEST_CASE(a_time_is_written_in_utc_with_two_digits_each) {
  BOOST_TEST(iso8601(sys_seconds(0s)) == "1970-01-01T00:00:00Z");
  BOOST_TEST(iso8601(sys_days(2027y / 3 / 1) + 9h + 5min + 7s) == "2027-03-01T09:05:07Z");
  BOOST_TEST(iso8601(sys_seconds(-1s)) == "1969-12-31T23:59:59Z");
  BOOST_TEST(iso8601_date(sys_days(2027y / 3 / 1)) == "2027-03-01");
}

BOOST_AUTO_TEST_SUITE_END()
