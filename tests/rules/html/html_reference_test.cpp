#include "rules/html/html_reference.hpp"

#include <boost/test/unit_test.hpp>

using pams::decode_html_attribute;
using pams::decode_html_references;

BOOST_AUTO_TEST_SUITE(html_reference)

BOOST_AUTO_TEST_CASE(every_name_of_the_standard_is_known) {
  BOOST_TEST(decode_html_references("&eacute;&CounterClockwiseContourIntegral;&zwnj;&Aogon;&fjlig;") ==
             "é∳\xE2\x80\x8CĄfj");
  BOOST_TEST(decode_html_references("&NotEqualTilde;") == "\xE2\x89\x82\xCC\xB8");  // two characters
  BOOST_TEST(decode_html_references("&amp;lt;") == "&lt;");
}

BOOST_AUTO_TEST_CASE(a_name_without_semicolon_is_one_where_the_standard_has_it) {
  BOOST_TEST(decode_html_references("&copy2026 &notit; &notin; &lt&gt") == "©2026 ¬it; ∉ <>");
  BOOST_TEST(decode_html_references("&hellip &unknown; &Aacut &; & &") == "&hellip &unknown; &Aacut &; & &");
}

BOOST_AUTO_TEST_CASE(an_address_with_a_parameter_holds_no_reference) {
  BOOST_TEST(decode_html_attribute("?a=b&copy=1&reg2&lt;&copy") == "?a=b&copy=1&reg2<©");
  BOOST_TEST(decode_html_references("?a=b&copy=1") == "?a=b©=1");
}

BOOST_AUTO_TEST_CASE(numbers_mean_what_browsers_make_of_them) {
  BOOST_TEST(decode_html_references("&#233&#xE9;&#XE9;&#128;&#x1F600;") == "ééé€😀");
  BOOST_TEST(decode_html_references("&#0;&#xD800;&#x110000;&#99999999999999999999;") ==
             "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  BOOST_TEST(decode_html_references("&#; &#x; &#xg; &#a;") == "&#; &#x; &#xg; &#a;");
}

BOOST_AUTO_TEST_SUITE_END()
