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
  const auto place = html_place(marked, location);
  BOOST_TEST_REQUIRE(place.has_value(), marked);
  BOOST_TEST(*place == expected, marked << ": " << *place);
}
void appended(const std::string& marked) { check(marked, Location::Append); }
void prepended(const std::string& marked) { check(marked, Location::Prepend); }
void refused(const std::string& html) {
  const auto place = html_place(html, Location::Append);
  BOOST_TEST(!place, html);
  if (!place) BOOST_TEST((place.error().failure == pams::Failure::Refused));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(html_place_of_a_disclaimer)

BOOST_AUTO_TEST_CASE(append_stands_before_the_last_real_body_end) {
  appended("<html><body>x^</body></html>");
  appended("<BODY>a</Body> between ^</bOdY >\r\n</html>");
  appended("<body>x^</body><!-- </body> -->");
  appended("<body>x^</body><script>'</body>'</script>");
  appended("<body>x^</body><style>/* </body> */</style><a title='</body>'>");
  appended("<body>x</body><![CDATA[ > ^</body> ]]>");
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

BOOST_AUTO_TEST_CASE(append_stands_below_all_that_is_shown) {
  appended("<html><body><p>Dear</p>\r\n<!-- v3 --!>\r\n<p>more</p>^</body></html>");
  appended("<body><a o'brien>x</a> don't^</body>");
  appended("<p>x<!-- <!-->y^");
  appended("<body>x^</body><img src=y width=1 height=1>");
  appended("<style>p{}</style x><p>x^</body>");
}

BOOST_AUTO_TEST_CASE(append_stands_outside_what_is_not_shown) {
  appended("<p>x</p>^<div style='color:red; DISPLAY : none !important'>y");
  appended("<p>x</p><div hidden><p>y</div ></p><div>z^");
  appended("<p>x</p><div style='display:none'>y</div>^");
  appended("<p>x^<title>y");
  appended("<p>x^<style>");
  appended("<p>x^<template><p>y");
  appended("<li>x^<li hidden>y");
  appended("<p hidden>x<p>y^");
  appended("<span hidden>x<div>y</div></span>z^");
  appended("<body>x^</body><div hidden>y");
  appended("<!--[if mso]><table><tr><td><![endif]-->x<!--[if mso]></td></tr></table><![endif]-->^</body>");
}

BOOST_AUTO_TEST_CASE(append_is_refused_where_there_is_no_place) {
  refused("<html><body><p>See below</p><plaintext>raw </body> text\r\nmore\r\n");
  refused("<p>x<textarea>y");
  refused("<table><tr><td>x</td></tr>");
  refused("<select><option>x");
  refused("<svg><text>x");
  refused("<body style='display:none'>x</body>");
  refused("<p>x<a title='>y");
  refused("<p>x</");
}

BOOST_AUTO_TEST_CASE(append_is_refused_where_readers_differ) {
  refused("<svg><title><p></title></svg>x");
  refused("<svg><desc><![CDATA[ > ]]></desc></svg>x");
  refused("<select><style></select>x</style>");
  refused("<p><font hidden>x<p>y");
  refused("<frameset><frame></frameset>");
  refused("<table hidden>x</table>");
  appended("<svg><title>t</title><style>p{}</style><path d=M0 /></svg>x^");
}

BOOST_AUTO_TEST_CASE(prepend_stands_above_all_that_is_shown) {
  prepended("<html><head></head>^x<body>y");
  prepended("<html><head><title>t</title></head>^<img src=x><body>y");
  prepended("<title>t</title><style>p{}</style>\r\n<!-- c -->^<p>x");
  prepended("<html><head><meta charset=x>^<template><p>y</template><p>x");
  prepended("<center><body>^x");
  prepended("^<table><tr><body>x");
  prepended("<html>^<title>t");
  prepended("^<plaintext>x");
}

/// What is nested deeply or closed out of order costs no more than its length.
BOOST_AUTO_TEST_CASE(hostile_nesting_is_read_once) {
  constexpr std::size_t kMany = 100000;
  for (const auto& [open, close] : {std::pair{"<b><div>", "</b>"}, std::pair{"<div><span>", "</p></div>"},
                                    std::pair{"<p><object>", "<p></span>"}, std::pair{"<b>", "</i></b>"},
                                    std::pair{"<table><td>", "</td></tr>"}, std::pair{"<a>", "<a></x>"}}) {
    std::string html;
    for (std::size_t i = 0; i < kMany; ++i) html += open;
    for (std::size_t i = 0; i < kMany; ++i) html += close;
    BOOST_TEST((html_place(html, Location::Append) || true));
  }
}

BOOST_AUTO_TEST_SUITE_END()
