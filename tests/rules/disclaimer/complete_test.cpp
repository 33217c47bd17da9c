#include <boost/test/unit_test.hpp>

#include "rules/disclaimer/disclaimer.hpp"

using pams::Failure;
using pams::disclaimer::complete;
using pams::disclaimer::Disclaimer;

BOOST_AUTO_TEST_SUITE(complete_disclaimer)

BOOST_AUTO_TEST_CASE(a_missing_text_is_what_the_html_shows) {
  const auto full = complete({.html = "<p>E&eacute;n &amp; <b>twee</b></p>\n", .text = ""}).value();
  BOOST_TEST(full.text == "E\xC3\xA9n & twee");
  BOOST_TEST(full.html == "<p>E&eacute;n &amp; <b>twee</b></p>");
}

BOOST_AUTO_TEST_CASE(missing_html_shows_the_text) {
  const auto full = complete({.html = "", .text = "a < b & c\r\nsecond"}).value();
  BOOST_TEST(full.html == "<p>a &lt; b &amp; c<br>\nsecond</p>");
  BOOST_TEST(full.text == "a < b & c\nsecond");
}

BOOST_AUTO_TEST_CASE(marks_of_a_windows_file_are_dropped) {
  const auto full =
      complete({.html = "\xEF\xBB\xBF<p>x</p>\r\n", .text = "\xEF\xBB\xBF\r\n-- \r\nname  \r\n\r\n"}).value();
  BOOST_TEST(full.html == "<p>x</p>");
  BOOST_TEST(full.text == "-- \nname");
}

BOOST_AUTO_TEST_CASE(an_empty_or_unreadable_disclaimer_is_the_postmasters_to_mend) {
  for (const auto& bad :
       {Disclaimer{"", "", {}}, Disclaimer{" \r\n", "\n", {}}, Disclaimer{"caf\xE9", "x", {}},
        Disclaimer{"<p>x</p>", "caf\xE9", {}}, Disclaimer{std::string("a\0b", 3), "x", {}}}) {
    const auto full = complete(bad);
    BOOST_REQUIRE(!full);
    BOOST_CHECK(full.error().failure == Failure::Misconfigured);
  }
}

BOOST_AUTO_TEST_SUITE_END()
