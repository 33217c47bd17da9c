#include "milter/base/csv.hpp"

#include <boost/test/unit_test.hpp>

using pams::milter::csv_line;

BOOST_AUTO_TEST_SUITE(csv)

BOOST_AUTO_TEST_CASE(a_line_is_that_of_rfc_4180) {
  BOOST_TEST(csv_line({"a", "", "b c"}) == "a,,b c\r\n");
  BOOST_TEST(csv_line({"", "x"}) == ",x\r\n");
  BOOST_TEST(csv_line({"a,b", "say \"x\"", " blank"}) == "\"a,b\",\"say \"\"x\"\"\",\" blank\"\r\n");
}

BOOST_AUTO_TEST_CASE(nothing_that_a_sender_writes_is_run_as_a_formula_and_nothing_is_lost) {
  for (const std::string text : {"=1+1", "+31 20", "-x@example.org", "@SUM(A1)", "'quoted'"})
    BOOST_TEST(csv_line({text}) == "'" + text + "\r\n");
  BOOST_TEST(csv_line({"=a,\"b\""}) == "\"'=a,\"\"b\"\"\"\r\n");
  BOOST_TEST(csv_line({"\t=1"}) == "'\\x09=1\r\n");
  BOOST_TEST(csv_line({"1 = 1"}) == "1 = 1\r\n");
}

BOOST_AUTO_TEST_CASE(no_control_character_or_broken_text_comes_through) {
  BOOST_TEST(csv_line({"a\x1b[2Jb\r\nc\xff"}) == "a\\x1b[2Jb\\x0d\\x0ac\\xff\r\n");
  BOOST_TEST(csv_line({std::string(3000, 'x')}) == std::string(3000, 'x') + "\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
