/// The Date field as mail programs write it.
#include "milter/archive/date_field.hpp"

#include <boost/test/unit_test.hpp>

using pams::milter::archive::date_in;

namespace {

std::int64_t seconds_of(std::string_view value) {
  const auto date = date_in(value);
  return date ? date->time_since_epoch().count() : -1;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(date_field)

BOOST_AUTO_TEST_CASE(a_date_is_a_time_wherever_it_was_written) {
  for (const auto* value : {"Thu, 1 Jan 1970 00:01:40 +0000", "1 Jan 1970 00:01:40 +0000",
                            " Thu,01 jan 1970 01:01:40 +0100 (CET)", "Wed, 31 Dec 1969 19:01:40 EST",
                            "Thu, 1 Jan 1970 00:01:40 GMT", "Thu (a (nested) one), 1 Jan 70 00:01:40 UT",
                            "1 Jan 1970 00:01:40 -0000"})
    BOOST_TEST(seconds_of(value) == 100, value);
  BOOST_TEST(seconds_of("1 Jan 1970 00:01 +0000") == 60);
  BOOST_TEST(seconds_of("1 Jan 26 00:00:00 +0000") == 1767225600);
}

BOOST_AUTO_TEST_CASE(what_is_no_date_or_may_be_a_day_off_is_none) {
  for (const auto* value :
       {"", "yesterday", "1 Jan 1970 00:01:40", "1 Jan 1970", "31 Feb 2026 00:00:00 +0000",
        "1 Foo 1970 00:01:40 +0000", "1 Jan 1970 24:00:00 +0000", "1 Jan 1970 00:60:00 +0000",
        "1 Jan 1970 00:00:00 +1", "2026-01-01T00:00:00Z", "1 Jan 99999999999 00:00:00 +0000",
        "1 Jan 1970 00:00:00 +0000 more", "(", "Thu,"})
    BOOST_TEST(!date_in(value).has_value(), value);
}

BOOST_AUTO_TEST_SUITE_END()
