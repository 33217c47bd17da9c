#include "rules/message/content.hpp"

#include <boost/test/unit_test.hpp>

#include "rules/html/html_text.hpp"
#include "tests/support/eml.hpp"

using namespace pams::test;  // _eml
using pams::html_to_text;
using pams::to_utf8;

namespace {

constexpr auto kMixed = R"(
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/alternative; boundary=c

--c
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Caf=E9   au=
 lait
--c
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PHA+Q2Fmw6k8L3A+PHNjcmlwdD5ubzwvc2NyaXB0PjxwPmF1Jm5ic3A7bGFpdDwvcD4=
--c--
--b
Content-Type: image/png
Content-Disposition: inline; filename=a.png
Content-Transfer-Encoding: base64

aGVs
bG8=
--b
Content-Type: text/plain
Content-Disposition: attachment; filename=notes.txt

secret
--b
Content-Type: message/rfc822

Subject: inner

hidden
--b--
)";

std::string text_of(std::string_view eml, std::size_t maximum = 1000) {
  const auto message = pams::parse_message(eml);
  return pams::body_text(pams::map_mime(message, {}).value(), message.body.view(), maximum);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(content)

BOOST_AUTO_TEST_CASE(body_text_is_what_a_reader_sees_of_every_body_part) {
  BOOST_TEST(text_of(kMixed + 1) == "Café au lait\nCafé au lait");
}

BOOST_AUTO_TEST_CASE(body_text_is_cut_between_characters) {
  BOOST_TEST(text_of("\nCafé au lait", 4) == "Caf");
  BOOST_TEST(text_of("\nCafé au lait", 5) == "Café");
}

BOOST_AUTO_TEST_CASE(invisible_characters_hide_no_words) {
  BOOST_TEST(text_of("\nse\xC2\xAD"
                     "cr\xE2\x80\x8B"
                     "et\xC2\xA0word") == "secret word");
}

BOOST_AUTO_TEST_CASE(every_leaf_that_is_no_body_text_is_an_attachment_with_its_decoded_size) {
  const auto message = pams::parse_message(kMixed + 1);
  const auto all = pams::attachments(pams::map_mime(message, {}).value(), message.body.view());
  BOOST_TEST_REQUIRE(all.size() == 3U);
  BOOST_TEST(all[0].filename == "a.png");
  BOOST_TEST(all[0].size == 5U);
  BOOST_TEST(all[1].filename == "notes.txt");
  BOOST_TEST(all[1].size == 6U);
  BOOST_TEST(all[2].type == "message/rfc822");
}

BOOST_AUTO_TEST_CASE(html_shows_its_text_on_the_lines_of_its_blocks) {
  BOOST_TEST(
      html_to_text(
          "<html><head><title>no</title><style>p{}</style></head><body>\n <p>One\n two</p><p>Three<br>four</p><div>five</div><!-- no --><table><tr><td>six</td><td>seven</td></tr></table></body></html>") ==
      "One two\n\nThree\nfour\n\nfive\nsix seven");
}

BOOST_AUTO_TEST_CASE(html_entities_are_decoded_by_name_and_number) {
  BOOST_TEST(html_to_text("&lt;b&gt; &amp;amp; caf&eacute; &euro;&#8364;&#x20AC;&#128; &copy 2026") ==
             "<b> &amp; café €€€€ © 2026");
  BOOST_TEST(html_to_text("a&nbsp;&nbsp;b &unknown; & &; &# &#x; &#0; &#1114112; &#55296;") ==
             "a b &unknown; & &; &# &#x; \xEF\xBF\xBD \xEF\xBF\xBD \xEF\xBF\xBD");
}

BOOST_AUTO_TEST_CASE(charsets_are_read_under_the_names_that_mail_gives_them) {
  BOOST_TEST(to_utf8("caf\xE9", "ISO-8859-1") == "café");
  BOOST_TEST(to_utf8("\x80", "windows-1252") == "€");
  BOOST_TEST(to_utf8("\xC4\xE3", "gb2312") == "你");
  BOOST_TEST(to_utf8("\xB0\xA1", "ks_c_5601-1987") == "가");
  BOOST_TEST(to_utf8("\x1B$B$3\x1B(B", "iso-2022-jp") == "こ");
  BOOST_TEST(to_utf8("\xEE", "iso-8859-8-i") == "מ");
  BOOST_TEST(to_utf8("+AOk-", "unicode-1-1-utf-7") == "é");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_converted_becomes_a_replacement_character) {
  BOOST_TEST(to_utf8("a\xFF"
                     "b",
                     "utf-8") ==
             "a\xEF\xBF\xBD"
             "b");
  BOOST_TEST(to_utf8("caf\xC3\xA9", "no-such-charset") == "café");
  BOOST_TEST(to_utf8("caf\xC3\xA9", "utf-8//TRANSLIT") == "café");
  BOOST_TEST(to_utf8("caf\xE9", "us-ascii") == "caf\xEF\xBF\xBD");
  BOOST_TEST(to_utf8("\xC4", "gb2312") == "\xEF\xBF\xBD");
  BOOST_TEST(to_utf8("\x1B$B$", "iso-2022-jp").ends_with("\xEF\xBF\xBD"));
}

BOOST_AUTO_TEST_SUITE_END()
