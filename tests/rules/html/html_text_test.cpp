#include "rules/html/html_text.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using pams::html_to_text;

namespace {

bool shows(std::string_view html, std::string_view words = "the figures") {
  return html_to_text(html).find(words) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(html_text)

BOOST_AUTO_TEST_CASE(words_after_a_comment_that_ends_unusually_are_seen) {
  BOOST_TEST(shows("<!-- x --!>the figures<!-- -->"));
  BOOST_TEST(shows("<!-->the figures<!-- -->"));
  BOOST_TEST(shows("<!--->the figures<!-- -->"));
  BOOST_TEST(shows("<![CDATA[<p>the figures</p>]]>"));
  BOOST_TEST(shows("<? '> the figures ?>"));
}

BOOST_AUTO_TEST_CASE(words_after_a_stray_quote_are_seen) {
  BOOST_TEST(shows("<a o'brien>the figures</a> don't"));
  BOOST_TEST(shows("<a href=http://x/o'brien>the figures</a> don't"));
  BOOST_TEST(shows("<p \"><b>the figures</b>\""));
}

BOOST_AUTO_TEST_CASE(words_after_raw_text_are_seen) {
  BOOST_TEST(shows("<style>p{}</style type=x>the figures"));
  BOOST_TEST(shows("<style>p{}</style/>the figures"));
  BOOST_TEST(shows("<script>a</script\n>the figures"));
}

BOOST_AUTO_TEST_CASE(style_script_title_and_comments_show_nothing) {
  BOOST_TEST(html_to_text("<title>a</title><style>b</style><script>c</script>d<!-- e --><!--x--!>") == "d");
}

BOOST_AUTO_TEST_CASE(words_hidden_by_their_style_are_seen) {
  BOOST_TEST(shows("<div style='display:none'>the figures</div><p hidden>x"));
  BOOST_TEST(shows("<noscript>the <b>figures</b></noscript>"));
}

BOOST_AUTO_TEST_CASE(words_in_elements_that_hold_no_tags_are_seen_as_either_reader_shows_them) {
  for (const std::string name : {"textarea", "xmp", "iframe", "noembed", "noframes", "plaintext"})
    BOOST_TEST(shows("<" + name + ">the <b>figures</b></" + name + ">"), name);
  BOOST_TEST(shows("<xmp>the <b> figures", "the <b> figures"));
  BOOST_TEST(shows("<xmp>&lt;</xmp>", "&lt;"));
  BOOST_TEST(shows("<textarea>&lt;</textarea>", "<"));
}

BOOST_AUTO_TEST_CASE(what_outlook_shows_of_a_conditional_comment_is_seen) {
  BOOST_TEST(html_to_text("a<!--[if mso]><p>the <b>figures</b></p><![endif]-->b") == "a\n\nthe figures\n\nb");
  BOOST_TEST(html_to_text("a<!--[if !mso]><!-->b<!--<![endif]-->c") == "abc");
  BOOST_TEST(
      html_to_text("a<!--[if gte mso 9]><xml><o:Pixels>96</o:Pixels></xml><style>p{}</style><![endif]-->b") ==
      "ab");
  BOOST_TEST(html_to_text("<![if !mso]>a<![endif]>") == "a");
}

BOOST_AUTO_TEST_CASE(words_in_what_never_ends_are_seen) {
  BOOST_TEST(shows("x<a title=\"the figures"));
  BOOST_TEST(shows("x<a title=\"><p>the <b>figures</b>"));
  BOOST_TEST(shows("x<!-- <p>the <b>figures</b>"));
  BOOST_TEST(shows("<style>p{} <p>the <b>figures</b>"));
  BOOST_TEST(shows("<title>the figures"));
}

/// In svg a style holds tags, and there are CDATA sections; in select a style is no element at all.
BOOST_AUTO_TEST_CASE(words_that_only_the_reading_with_a_tree_shows_are_seen) {
  BOOST_TEST(shows("<svg><style></svg><p>the <b>figures</b><style></style>"));
  BOOST_TEST(shows("<svg><title><p>the <b>figures</b></title></svg>"));
  BOOST_TEST(shows("<svg><desc><![CDATA[> <!-- ]]>the <b>figures</b> -->"));
  BOOST_TEST(shows("<math><mtext><![CDATA[the <b> figures]]>", "the <b> figures"));
  BOOST_TEST(shows("<select><style></select>the <b>figures</b></style>"));
  BOOST_TEST(shows("<template><col><style></template>the <b>figures</b></style>"));
  BOOST_TEST(html_to_text("<svg><path d='M0'/></svg>a<select><option>b</select>") == "a\nb");
}

/// So that quote marks can be told by where they stand.
BOOST_AUTO_TEST_CASE(line_ends_of_a_pre_stay) {
  BOOST_TEST(html_to_text("<pre>&gt; the\r\n&gt; figures</pre>a\nb") == "> the\n> figures\n\na b");
  BOOST_TEST(html_to_text("<textarea>a&#10;b</textarea>c\nd") == "a\nb c d");
  BOOST_TEST(html_to_text("</pre>a\nb") == "a b");
}

BOOST_AUTO_TEST_CASE(blanks_are_one_and_a_pre_is_a_block) {
  BOOST_TEST(html_to_text(" a \r\n\t b&nbsp;\xC2\xA0&#32;c <pre>d</pre>e") == "a b c\n\nd\n\ne");
  BOOST_TEST(html_to_text("\xC2\xA9 \xC2") == "\xC2\xA9 \xC2");
}

BOOST_AUTO_TEST_SUITE_END()
