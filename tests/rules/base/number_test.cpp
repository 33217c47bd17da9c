#include "rules/base/number.hpp"

#include <boost/test/unit_test.hpp>

using pams::kByteUnits;
using pams::parse_number;
using pams::parse_port;
using pams::parse_quantity;

BOOST_AUTO_TEST_SUITE(number)

BOOST_AUTO_TEST_CASE(a_number_is_digits_and_nothing_else) {
  BOOST_TEST(parse_number<unsigned>("0042").value() == 42U);
  for (const auto* text : {"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "4294967296"})
    BOOST_TEST(!parse_number<unsigned>(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(a_number_may_be_bounded) {
  BOOST_TEST(parse_number<unsigned>("32", 32).value() == 32U);
  BOOST_TEST(!parse_number<unsigned>("33", 32).has_value());
}

BOOST_AUTO_TEST_CASE(a_port_is_1_to_65535) {
  BOOST_TEST(parse_port("1").value() == 1U);
  BOOST_TEST(parse_port("65535").value() == 65535U);
  for (const auto* text : {"0", "65536", "", "25x"}) BOOST_TEST(!parse_port(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(a_quantity_is_a_number_and_a_unit_in_any_letter_case) {
  BOOST_TEST(parse_quantity("50 MB", kByteUnits).value() == 50U << 20U);
  BOOST_TEST(parse_quantity("1kb", kByteUnits).value() == 1024U);
  for (const auto* text : {"", "MB", "50", "50 TB", "-1 KB", "1.5 MB", "8589934592 GB"})
    BOOST_TEST(!parse_quantity(text, kByteUnits).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()
