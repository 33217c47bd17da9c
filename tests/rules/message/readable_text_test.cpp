#include "rules/message/readable_text.hpp"

#include <boost/test/unit_test.hpp>

namespace pams::test {
namespace {

using Forms = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(readable_text)

BOOST_AUTO_TEST_CASE(ascii_without_quotes_is_searched_once) {
  const auto text = ReadableText::of_body("One\ntwo > three", true);
  BOOST_TEST(text.for_patterns() == (Forms{"One\ntwo > three"}), boost::test_tools::per_element());
  BOOST_TEST(text.for_words() == (Forms{"one\ntwo > three"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_form_is_there_only_when_it_differs) {
  const auto quoted = ReadableText::of_body("> One\n>\n> \uff34wo", true);
  BOOST_TEST(quoted.for_patterns() ==
                 (Forms{"> One\n>\n> \uff34wo", "One\n\uff34wo", "> One\n>\n> Two", "One\nTwo"}),
             boost::test_tools::per_element());
  BOOST_TEST(quoted.for_words() == (Forms{"> one\n>\n> two", "one\ntwo"}), boost::test_tools::per_element());
  const auto composed = ReadableText::of_body("caf\u00e9", true);
  BOOST_TEST(composed.for_patterns() == (Forms{"caf\u00e9"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_behind_an_invisible_or_wide_mark_is_a_quote_too) {
  const auto text = ReadableText::of_body("\u200b> one\n\uff1e two", true);
  BOOST_TEST(text.for_words().back() == "one\ntwo");
  BOOST_TEST(text.for_patterns().back() == "one\ntwo");
}

BOOST_AUTO_TEST_CASE(a_header_field_has_no_quotes) {
  const auto text = ReadableText::of_field("> One  two");
  BOOST_TEST(text.for_patterns() == (Forms{"> One  two", "> One two"}), boost::test_tools::per_element());
  BOOST_TEST(text.for_words() == (Forms{"> one two"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace pams::test
