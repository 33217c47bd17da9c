#include "milter/base/parse_number.hpp"

#include <cstdint>

#include <boost/test/unit_test.hpp>

using pams::milter::leading_number;

BOOST_AUTO_TEST_SUITE(parse_number)

BOOST_AUTO_TEST_CASE(digits_count_whatever_follows_them) {
  BOOST_TEST(leading_number<std::uint64_t>("300s").value_or(1) == 300U);
  BOOST_TEST(leading_number<std::uint64_t>("104857600").value_or(1) == 104857600U);
  BOOST_TEST(leading_number<int>("82 recipient: bob").value_or(1) == 82);
}

BOOST_AUTO_TEST_CASE(what_begins_with_no_number_or_one_too_large_is_none) {
  BOOST_TEST(!leading_number<std::uint64_t>("").has_value());
  BOOST_TEST(!leading_number<std::uint64_t>("none").has_value());
  BOOST_TEST(!leading_number<std::uint64_t>("-1").has_value());
  BOOST_TEST(!leading_number<std::uint64_t>("99999999999999999999").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
