#include "rules/message/text_lines.hpp"

#include <boost/test/unit_test.hpp>

namespace pams::test {

BOOST_AUTO_TEST_SUITE(text_lines)

BOOST_AUTO_TEST_CASE(a_run_of_blanks_is_one_and_a_line_end_stays_one) {
  BOOST_TEST(one_blank_each(" a \t b  \r\n\r\n  c\rd\ne\ff \r\n") == "a b\nc\nd\ne f");
  BOOST_TEST(one_blank_each("a\u00a0 b\u00ad") == "a\u00a0 b\u00ad");
  BOOST_TEST(one_blank_each(" \r\n") == "");
}

BOOST_AUTO_TEST_CASE(flowed_lines_are_one_paragraph) {
  BOOST_TEST(unflowed("one \r\ntwo \r\nthree\r\nfour\r\n", false) == "one two three\nfour");
  BOOST_TEST(unflowed("one \r\ntwo", true) == "onetwo");
  BOOST_TEST(unflowed("one  \r\ntwo", true) == "one two");
  BOOST_TEST(unflowed(" > no quote\r\n From me\r\n", false) == "> no quote\nFrom me");
}

BOOST_AUTO_TEST_CASE(a_paragraph_ends_where_the_depth_of_its_quote_changes) {
  BOOST_TEST(unflowed("> one \r\n> two\r\n>> three \r\n>>four \r\n> five \r\nsix", false) ==
             "> one two\n>> three four \n> five \nsix");
}

BOOST_AUTO_TEST_CASE(a_signature_mark_flows_neither_to_nor_from) {
  BOOST_TEST(unflowed("one \r\n-- \r\nAnna\r\n> -- \r\n> Piet", false) == "one \n-- \nAnna\n> -- \n> Piet");
}

BOOST_AUTO_TEST_CASE(quote_marks_are_taken_off_at_any_depth) {
  BOOST_TEST(unquoted("> a\n>> b\n> > c\n>d\n> >>\t> e\n > f\ng > h\n>\ni") ==
             "a\nb\nc\nd\ne\nf\ng > h\n\ni");
  BOOST_TEST(unquoted(" a\nb") == " a\nb");
  BOOST_TEST(unquoted("") == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace pams::test
