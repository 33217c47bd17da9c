#include "rules/message/charset_in_html.hpp"

#include <boost/test/unit_test.hpp>

using namespace pams;

BOOST_AUTO_TEST_SUITE(charset_in_html_text)

BOOST_AUTO_TEST_CASE(the_charset_is_found_as_browsers_find_it) {
  BOOST_TEST(charset_in_html("<html><META charset = 'KOI8-R'>") == "koi8-r");
  BOOST_TEST(charset_in_html("<meta http-equiv=content-type content=\"text/html; charset=iso-2022-jp\">") ==
             "iso-2022-jp");
  BOOST_TEST(charset_in_html("<meta name=author><meta charset=utf-16le/>") == "utf-8");
  for (const auto* none : {"", "<meta", "<meta charset>", "<p>charset=koi8-r</p>", "<meta name=charset>"})
    BOOST_TEST(charset_in_html(none) == "", none);
  BOOST_TEST(charset_in_html(std::string(1024, ' ') + "<meta charset=koi8-r>") == "");
}

BOOST_AUTO_TEST_CASE(it_counts_where_the_label_says_nothing) {
  const std::string html = "<meta charset=koi8-r>\xD4\xC1";
  for (const auto* label : {"", "us-ascii", "x-unknown"})
    BOOST_TEST(html_readings(html, label).back() == "<meta charset=koi8-r>та", label);
  BOOST_TEST(html_readings(html, "windows-1251").size() == 1U);
  BOOST_TEST(html_readings("<meta charset=x-made-up>\xE9", "").size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
