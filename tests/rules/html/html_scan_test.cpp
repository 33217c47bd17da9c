#include "rules/html/html_scan.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

#include "rules/html/html_attributes.hpp"

using pams::HtmlKind;
using pams::HtmlScan;

namespace {

/// Tokens as "[kind name|bytes]"; fails the test when they do not tile the input.
std::string tokens(std::string_view html) {
  constexpr std::string_view kKinds[] = {"text", "rcdata",  "raw",     "start",
                                         "end",  "comment", "doctype", "dropped"};
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

std::string attributes(std::string_view tag) {
  pams::HtmlAttributes all(tag.substr(tag.find_first_of(" /")));
  std::string out;
  while (const auto one = all.next())
    out.append("[").append(one->name).append("|").append(one->value).append("]");
  return out + (all.is_self_closing() ? "/" : "") + (all.end() ? "" : "...");
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
             "[text|a][start B|<B class=x>][text|c][end B|</B\n>][text|d][start br|<br/>]");
  BOOST_TEST(tokens("") == "");
}

BOOST_AUTO_TEST_CASE(quotes_count_only_at_the_beginning_of_a_value) {
  BOOST_TEST(tokens("<body title=\"</body>\" x='>'>y") ==
             "[start body|<body title=\"</body>\" x='>'>][text|y]");
  BOOST_TEST(tokens("<a o'brien>x's") == "[start a|<a o'brien>][text|x's]");
  BOOST_TEST(tokens("<a href=http://x/o'brien>x's") == "[start a|<a href=http://x/o'brien>][text|x's]");
  BOOST_TEST(tokens("<pat.o'brien@example.org> it's") ==
             "[start pat.o'brien@example.org|<pat.o'brien@example.org>][text| it's]");
  BOOST_TEST(tokens("<a \"b>c\">d") == "[start a|<a \"b>][text|c\">d]");
}

BOOST_AUTO_TEST_CASE(attributes_have_the_names_and_values_that_browsers_give_them) {
  BOOST_TEST(attributes("<a b=c D = 'e>' f=\"\"g h= i/>") == "[b|c][D|e>][f|][g|][h|i/]");
  BOOST_TEST(attributes("<a/b/ c=/>") == "[b|][c|/]");
  BOOST_TEST(attributes("<a b />") == "[b|]/");
  BOOST_TEST(attributes("<a b / >") == "[b|]");
  BOOST_TEST(attributes("<a =b==c d=>") == "[=b|=c][d|]");
  BOOST_TEST(attributes("<a b='c") == "[b|c]...");
  BOOST_TEST(attributes("<a b=c/") == "[b|c/]...");
  BOOST_TEST(*pams::html_attribute(" a=1 STYLE='x&colon;&copy=1' style=y>", "style") == "x:&copy=1");
  BOOST_TEST(!pams::html_attribute(" a=style>", "style"));
}

BOOST_AUTO_TEST_CASE(a_comment_has_five_ends) {
  BOOST_TEST(tokens("<!-- </body> -->x") == "[comment|<!-- </body> -->][text|x]");
  BOOST_TEST(tokens("<!-- a --!>x -->") == "[comment|<!-- a --!>][text|x -->]");
  BOOST_TEST(tokens("<!-->x -->") == "[comment|<!-->][text|x -->]");
  BOOST_TEST(tokens("<!--->x -->") == "[comment|<!--->][text|x -->]");
  BOOST_TEST(tokens("a<!-- </body>") == "[text|a][comment|<!-- </body>]");
  BOOST_TEST(tokens("<!-- <!-- --> x -- > -->") == "[comment|<!-- <!-- -->][text| x -- > -->]");
  BOOST_TEST(tokens("<!----!><!----->x") == "[comment|<!----!>][comment|<!----->][text|x]");
}

BOOST_AUTO_TEST_CASE(other_declarations_are_comments_that_end_at_the_first_greater_sign) {
  BOOST_TEST(tokens("<![CDATA[<b>x</b>]]>") == "[comment|<![CDATA[<b>][text|x][end b|</b>][text|]]>]");
  BOOST_TEST(tokens("<!DOCTYPE html \">\">") == "[doctype|<!DOCTYPE html \">][text|\">]");
  BOOST_TEST(tokens("<?xml '>'?>") == "[comment|<?xml '>][text|'?>]");
  BOOST_TEST(tokens("<![if !mso]></ b></>") == "[comment|<![if !mso]>][comment|</ b>][dropped|</>]");
}

BOOST_AUTO_TEST_CASE(raw_text_goes_on_until_the_elements_own_end_tag) {
  BOOST_TEST(tokens("<Style>'</body>' <!-- </STYLE >x") ==
             "[start Style|<Style>][raw Style|'</body>' <!-- ][end STYLE|</STYLE >][text|x]");
  BOOST_TEST(tokens("<style></style type='text/css>'>x") ==
             "[start style|<style>][end style|</style type='text/css>'>][text|x]");
  BOOST_TEST(tokens("<style></styles></style/>x") ==
             "[start style|<style>][raw style|</styles>][end style|</style/>][text|x]");
  BOOST_TEST(tokens("<textarea></body>") == "[start textarea|<textarea>][rcdata textarea|</body>]");
  BOOST_TEST(tokens("<title>a</p>") == "[start title|<title>][rcdata title|a</p>]");
  for (const std::string name : {"xmp", "iframe", "noembed", "noframes", "script"})
    BOOST_TEST(tokens("<" + name + "><b></" + name + "\t>") == "[start " + name + "|<" + name + ">][raw " +
                                                                   name + "|<b>][end " + name + "|</" + name +
                                                                   "\t>]");
  BOOST_TEST(tokens("<style/>x</p>") == "[start style|<style/>][raw style|x</p>]");
  BOOST_TEST(tokens("<noscript><b>") == "[start noscript|<noscript>][start b|<b>]");
}

BOOST_AUTO_TEST_CASE(nothing_ends_plaintext) {
  BOOST_TEST(tokens("<plaintext>a</plaintext><!--") ==
             "[start plaintext|<plaintext>][raw plaintext|a</plaintext><!--]");
}

BOOST_AUTO_TEST_CASE(a_script_may_hide_its_end_tag) {
  BOOST_TEST(tokens("<script><!--<script></script>--></script>x") ==
             "[start script|<script>][raw script|<!--<script></script>-->][end script|</script>][text|x]");
  BOOST_TEST(tokens("<script><!--<script>--></script>x") ==
             "[start script|<script>][raw script|<!--<script>-->][end script|</script>][text|x]");
  BOOST_TEST(tokens("<script><!--</script>x") ==
             "[start script|<script>][raw script|<!--][end script|</script>][text|x]");
  BOOST_TEST(tokens("<script><!--><script></script>x") ==
             "[start script|<script>][raw script|<!--><script>][end script|</script>][text|x]");
}

BOOST_AUTO_TEST_CASE(a_tag_that_the_text_ends_in_is_dropped) {
  BOOST_TEST(tokens("x<p a='>") == "[text|x][dropped|<p a='>]");
  BOOST_TEST(tokens("x</p") == "[text|x][dropped|</p]");
  BOOST_TEST(tokens("<style>x</style ") == "[start style|<style>][raw style|x][dropped|</style ]");
  BOOST_TEST(tokens("<style>x</style") == "[start style|<style>][raw style|x</style]");
}

BOOST_AUTO_TEST_CASE(a_less_sign_without_a_tag_is_text) {
  BOOST_TEST(tokens("1 < 2 <3 <= <") == "[text|1 < 2 <3 <= <]");
  BOOST_TEST(tokens("x</") == "[text|x</]");
}

BOOST_AUTO_TEST_CASE(hostile_input_costs_no_more_than_its_length) {
  constexpr std::size_t kMany = 300000;
  BOOST_TEST(count(repeated("<a", kMany)) == 1U);
  BOOST_TEST(count(repeated("<a x='", kMany)) == 1U);
  BOOST_TEST(count(repeated("<a\"\"", kMany) + "'>") == 1U);
  BOOST_TEST(count(repeated("< ", kMany)) == 1U);
  BOOST_TEST(count(repeated("</", kMany)) == 1U);
  BOOST_TEST(count(repeated("<!--", kMany)) == 1U);
  BOOST_TEST(count("<!--" + repeated("--!-", kMany)) == 1U);
  BOOST_TEST(count(repeated("<!", kMany)) == 1U);
  BOOST_TEST(count(repeated("<div>", kMany)) == kMany);
  BOOST_TEST(count("<script>" + repeated("</script ", kMany)) == 2U);
  BOOST_TEST(count("<script>" + repeated("<!--<script", kMany)) == 2U);
  BOOST_TEST(count("<a " + repeated("x=\"y\" ", kMany) + ">") == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
