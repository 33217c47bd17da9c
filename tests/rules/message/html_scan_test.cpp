#include "rules/message/html_scan.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using pams::HtmlKind;
using pams::HtmlScan;

namespace {

/// Tokens as "[kind name|bytes]"; fails the test when they do not tile the input.
std::string tokens(std::string_view html) {
  constexpr std::string_view kKinds[] = {"text", "open", "close", "raw", "markup"};
  HtmlScan scan(html);
  std::string out;
  std::size_t at = 0;
  while (const auto token = scan.next()) {
    BOOST_TEST_REQUIRE(token->begin == at);
    BOOST_TEST_REQUIRE(token->end > at);
    at = token->end;
    out.append("[").append(kKinds[static_cast<std::size_t>(token->kind)]);
    if (!token->name.empty()) out.append(" ").append(token->name);
    out.append("|").append(html.substr(token->begin, token->end - token->begin)).append("]");
  }
  BOOST_TEST_REQUIRE(at == html.size());
  return out;
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

std::size_t count(const std::string& html) {
  HtmlScan scan(html);
  std::size_t n = 0;
  while (scan.next()) ++n;
  return n;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(html_scan)

BOOST_AUTO_TEST_CASE(tags_are_told_from_the_text_between_them) {
  BOOST_TEST(tokens("a<B class=x>c</B\n>d<br/>") ==
             "[text|a][open B|<B class=x>][text|c][close B|</B\n>][text|d][open br|<br/>]");
  BOOST_TEST(tokens("") == "");
}

BOOST_AUTO_TEST_CASE(a_greater_sign_in_quotes_ends_no_tag) {
  BOOST_TEST(tokens("<body title=\"</body>\" x='>'>y") ==
             "[open body|<body title=\"</body>\" x='>'>][text|y]");
}

BOOST_AUTO_TEST_CASE(comments_conditional_comments_cdata_and_declarations_hold_no_tags) {
  BOOST_TEST(tokens("<!-- </body> -->x") == "[markup|<!-- </body> -->][text|x]");
  BOOST_TEST(tokens("<!--[if mso]></body><![endif]-->") == "[markup|<!--[if mso]></body><![endif]-->]");
  BOOST_TEST(tokens("<![CDATA[</body>]]>") == "[markup|<![CDATA[</body>]]>]");
  BOOST_TEST(tokens("<!DOCTYPE html \">\"><?xml x?>") == "[markup|<!DOCTYPE html \">\">][markup|<?xml x?>]");
}

BOOST_AUTO_TEST_CASE(script_style_title_and_textarea_are_raw_until_their_own_end) {
  BOOST_TEST(tokens("<Script>'</body>' <!-- </SCRIPT >x") ==
             "[open Script|<Script>][raw Script|'</body>' <!-- ][close SCRIPT|</SCRIPT >][text|x]");
  BOOST_TEST(tokens("<style></style>") == "[open style|<style>][close style|</style>]");
  BOOST_TEST(tokens("<textarea></body>") == "[open textarea|<textarea>][raw textarea|</body>]");
}

BOOST_AUTO_TEST_CASE(what_is_not_closed_goes_on_to_the_end) {
  BOOST_TEST(tokens("a<!-- </body>") == "[text|a][markup|<!-- </body>]");
  BOOST_TEST(tokens("<script></body>") == "[open script|<script>][raw script|</body>]");
}

BOOST_AUTO_TEST_CASE(a_less_sign_without_a_tag_is_text) {
  BOOST_TEST(tokens("1 < 2 <") == "[text|1 < 2 <]");
  BOOST_TEST(tokens("<p x=\"open>a</p>") == "[text|<p x=\"open>a][close p|</p>]");
  BOOST_TEST(tokens("</>") == "[markup|</>]");
}

BOOST_AUTO_TEST_CASE(hostile_input_costs_no_more_than_its_length) {
  constexpr std::size_t kMany = 300000;
  BOOST_TEST(count(repeated("<a", kMany)) == 1U);
  BOOST_TEST(count(repeated("<a", kMany) + "\"") == 1U);
  BOOST_TEST(count(repeated("<a\"\"", kMany) + "'>") == 1U);
  BOOST_TEST(count(repeated("<a'\"", kMany) + ">") > 0U);
  BOOST_TEST(count(repeated("<div>", kMany)) == kMany);
  BOOST_TEST(count("<script>" + repeated("</script ", kMany)) == 2U);
  BOOST_TEST(count("<a " + repeated("x=\"y\" ", kMany) + ">") == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
