#include "rules/disclaimer/html_place.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using pams::disclaimer::html_place;
using pams::disclaimer::Location;

namespace {

/// "^" marks the place.
void check(std::string marked, Location location) {
  const auto expected = marked.find('^');
  marked.erase(expected, 1);
  BOOST_TEST(html_place(marked, location) == expected, marked << ": " << html_place(marked, location));
}
void appended(const std::string& marked) { check(marked, Location::Append); }
void prepended(const std::string& marked) { check(marked, Location::Prepend); }

}  // namespace

BOOST_AUTO_TEST_SUITE(html_place_of_a_disclaimer)

BOOST_AUTO_TEST_CASE(append_stands_before_the_last_real_body_end) {
  appended("<html><body>x^</body></html>");
  appended("<BODY>a</Body> between ^</bOdY >\r\n</html>");
  appended("<body>x^</body><!-- </body> -->");
  appended("<body>x^</body><script>'</body>'</script>");
  appended("<body>x^</body><style>/* </body> */</style><a title='</body>'>");
  appended("<body>x^</body><![CDATA[ > </body> ]]>");
  appended("<!--[if gte mso 9]></body><![endif]--><body>x^</body>");
  appended("<body><bodyguard></bodyguard>x^</body>");
}

BOOST_AUTO_TEST_CASE(append_without_a_body_end_stands_before_the_html_end_or_at_the_end) {
  appended("<html><p>x^</html>\r\n");
  appended("<p>x</p>\r\n^");
  appended("just text, 1 < 2^");
  appended("^");
}

BOOST_AUTO_TEST_CASE(append_stays_outside_a_comment_or_script_that_never_ends) {
  appended("<p>x^<!-- unfinished </body>");
  appended("<p>x^<script>var a = '</body>';");
  appended("<p>x^<!--");
}

BOOST_AUTO_TEST_CASE(prepend_stands_behind_the_body_tag) {
  prepended("<html><head><title><body></title></head><body class=\"a>b\" bgcolor='>'>^x</body>");
  prepended("<!-- <body> --><body>^x<body>y");
}

BOOST_AUTO_TEST_CASE(prepend_without_a_body_tag_stands_behind_the_head_or_the_start) {
  prepended("<html><head></head>^<p>x");
  prepended("<!DOCTYPE html>\r\n<html lang=nl>^<p>x");
  prepended("<!DOCTYPE html>^<p>x");
  prepended("^<p>x");
  prepended("\xEF\xBB\xBF^<p>x");
}

BOOST_AUTO_TEST_SUITE_END()
