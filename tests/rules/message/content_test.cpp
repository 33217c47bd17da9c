#include "rules/message/content.hpp"

#include <boost/test/unit_test.hpp>

#include "rules/html/html_text.hpp"
#include "tests/support/eml.hpp"

using namespace pams::test;  // _eml
using pams::html_to_text;

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
  return pams::body_text(pams::map_mime(message, {}).value(), message.body.view(), maximum).text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(content)

BOOST_AUTO_TEST_CASE(body_text_is_what_a_reader_sees_of_every_body_part) {
  BOOST_TEST(text_of(kMixed + 1) == "Café au lait\nCafé\nau lait");
}

BOOST_AUTO_TEST_CASE(body_text_is_cut_between_characters) {
  BOOST_TEST(text_of("\nCafé au lait", 4) == "Caf");
  BOOST_TEST(text_of("\nCafé au lait", 5) == "Café");
}

BOOST_AUTO_TEST_CASE(body_text_says_whether_it_is_all) {
  const auto is_complete = [](std::string_view eml, std::size_t maximum) {
    const auto message = pams::parse_message(eml);
    return pams::body_text(pams::map_mime(message, {}).value(), message.body.view(), maximum).is_complete;
  };
  BOOST_TEST(is_complete("\nlait", 4));
  BOOST_TEST(!is_complete("\nlaits", 4));
  BOOST_TEST(!is_complete("\n" + std::string(64, ' ') + "x", 4));
  BOOST_TEST(is_complete(kMixed + 1, 30));
  BOOST_TEST(!is_complete(kMixed + 1, 20));
  BOOST_TEST(!is_complete(kMixed + 1, 13));  // the first text alone
}

BOOST_AUTO_TEST_CASE(body_text_stands_on_its_lines) {
  BOOST_TEST(text_of("\n  one \t two\n\n> three\n") == "one two\n> three");
  BOOST_TEST(text_of("\nse\u00adcret\u00a0word") == "se\u00adcret\u00a0word");
  const std::string flowed = "Content-Type: text/plain; format=flowed";
  BOOST_TEST(text_of(flowed + "\n\none \ntwo\n> three \n> four\n") == "one two\n> three four");
  BOOST_TEST(text_of(flowed + "; delsp=yes\n\none \ntwo\n") == "onetwo\none\ntwo");
  BOOST_TEST(text_of("Content-Type: text/html\n\n<p>one\ntwo<p>three<br>four") == "one two\nthree\nfour");
}

BOOST_AUTO_TEST_CASE(text_is_read_as_its_reader_may_see_it_whatever_its_label_says) {
  BOOST_TEST(text_of("\nle caf\xE9 \x80") == "le café €");
  BOOST_TEST(text_of("Content-Type: text/plain; charset=us-ascii\n\na \x1B$B$3\x1B(B") ==
             "a \x1B$B$3\x1B(B\na こ");
  BOOST_TEST(text_of("Content-Type: text/html\n\n<meta charset=koi8-r><p>\xD4\xC1") == "ÔÁ\nта");
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

BOOST_AUTO_TEST_SUITE_END()
