/// In which bytes a disclaimer is written.
#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"
#include "tests/support/disclaimers.hpp"

using namespace pams::test;  // _eml and messages with disclaimers

namespace {

std::string html_part(const std::string& charset, const std::string& html) {
  return "MIME-Version: 1.0\r\nContent-Type: text/html; charset=" + charset +
         "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + html;
}
std::string text_part(const std::string& charset, const std::string& encoding, const std::string& text) {
  return "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=" + charset +
         "\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" + text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(apply_charset)

BOOST_AUTO_TEST_CASE(an_unlabelled_ascii_text_becomes_labelled_utf8) {
  BOOST_TEST(
      applied("Subject: x\r\n\r\n1+1=2 \r\n", euro_disclaimer()) ==
      "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\n1+1=3D2=20\r\n\r\n=C3=A9=C3=A9n =E2=82=AC\r\n");
}

BOOST_AUTO_TEST_CASE(a_nested_7bit_part_is_relabelled_alone) {
  BOOST_TEST(Bytes(applied(R"(
Content-Type: multipart/alternative; boundary=b

--b
Content-Transfer-Encoding: 7bit
Content-Type: text/plain;
	charset="us-ascii"; format=flowed

Hello
--b
Content-Type: text/html; charset=us-ascii

<p>Hello</p>
--b--
)"_eml,
                           euro_disclaimer())) == Bytes(R"(
Content-Type: multipart/alternative; boundary=b

--b
Content-Transfer-Encoding: quoted-printable
Content-Type: text/plain;
	charset="utf-8"; format=flowed

Hello

=C3=A9=C3=A9n =E2=82=AC

--b
Content-Type: text/html; charset=us-ascii

<p>Hello</p>
<p>&#233;&#233;n &#8364;</p>

--b--
)"_eml));
}

BOOST_AUTO_TEST_CASE(the_parts_own_charset_is_used_when_it_can_hold_the_disclaimer) {
  BOOST_TEST(applied(text_part("iso-8859-15", "8bit", "caf\xE9\r\n"), euro_disclaimer()) ==
             text_part("iso-8859-15", "8bit", "caf\xE9\r\n\r\n\xE9\xE9n \xA4\r\n"));
  BOOST_TEST(applied(text_part("utf-8", "8bit", "caf\xC3\xA9\r\n"), euro_disclaimer()) ==
             text_part("utf-8", "8bit", "caf\xC3\xA9\r\n\r\n\xC3\xA9\xC3\xA9n \xE2\x82\xAC\r\n"));
  BOOST_TEST(applied(text_part("windows-1252", "quoted-printable", "caf=e9\r\n"), euro_disclaimer()) ==
             text_part("windows-1252", "quoted-printable", "caf=e9\r\n\r\n=E9=E9n =80\r\n"));
}

BOOST_AUTO_TEST_CASE(html_that_cannot_hold_it_gets_entities) {
  BOOST_TEST(applied(html_part("iso-8859-1", "<body>caf\xE9</body>"), euro_disclaimer()) ==
             html_part("iso-8859-1", "<body>caf\xE9\r\n<p>&#233;&#233;n &#8364;</p>\r\n</body>"));
}

BOOST_AUTO_TEST_CASE(text_that_cannot_hold_it_moves_to_utf8_whole) {
  BOOST_TEST(applied(text_part("iso-8859-1", "8bit", "caf\xE9\r\n"), euro_disclaimer()) ==
             text_part("utf-8", "quoted-printable", "caf=C3=A9\r\n\r\n=C3=A9=C3=A9n =E2=82=AC\r\n"));
  BOOST_TEST(applied(text_part("koi8-r", "base64", "wg==\r\n"), euro_disclaimer()) ==
             text_part("utf-8", "base64", "0LENCg0Kw6nDqW4g4oKsDQo=\r\n"));
}

BOOST_AUTO_TEST_CASE(text_that_moves_only_by_its_label_keeps_its_bytes) {
  BOOST_TEST(applied(text_part("iso-8859-1", "quoted-printable", "odd=\r\n =20\r\n"), euro_disclaimer()) ==
             text_part("utf-8", "quoted-printable", "odd=\r\n =20\r\n\r\n=C3=A9=C3=A9n =E2=82=AC\r\n"));
}

BOOST_AUTO_TEST_CASE(windows_quotes_under_a_latin1_label_are_not_moved) {
  // Readers show 0x93 as a quote; read to the letter it is a control character, and would be one in UTF-8.
  BOOST_TEST(applied(text_part("iso-8859-1", "8bit", "\x93quoted\x94\r\n"), euro_disclaimer()) ==
             text_part("iso-8859-1", "8bit", "\x93quoted\x94\r\n\r\neen EUR\r\n"));
}

BOOST_AUTO_TEST_CASE(bytes_without_a_label_get_more_of_the_same_kind_and_no_label) {
  BOOST_TEST(applied("Subject: x\r\n\r\ncaf\xC3\xA9\r\n", euro_disclaimer()) ==
             "Subject: x\r\n\r\ncaf\xC3\xA9\r\n\r\n\xC3\xA9\xC3\xA9n \xE2\x82\xAC\r\n");
  BOOST_TEST(applied("Subject: x\r\n\r\ncaf\xE9\r\n", euro_disclaimer()) ==
             "Subject: x\r\n\r\ncaf\xE9\r\n\r\neen EUR\r\n");
}

BOOST_AUTO_TEST_CASE(an_unknown_charset_gets_ascii_and_keeps_its_label) {
  BOOST_TEST(applied(text_part("x-klingon", "8bit", "\xE1\r\n"), euro_disclaimer()) ==
             text_part("x-klingon", "8bit", "\xE1\r\n\r\neen EUR\r\n"));
  BOOST_TEST(applied(html_part("x-klingon", "<p>\xE1</p>\r\n"), euro_disclaimer()) ==
             html_part("x-klingon", "<p>\xE1</p>\r\n<p>&#233;&#233;n &#8364;</p>\r\n"));
}

BOOST_AUTO_TEST_CASE(what_has_no_ascii_form_is_refused_rather_than_garbled) {
  auto disclaimer = ascii_disclaimer();
  disclaimer.text = "\xE6\x97\xA5\xE6\x9C\xAC";
  BOOST_TEST(refusal(text_part("x-klingon", "8bit", "\xE1\r\n"), disclaimer) ==
             "the text's charset \"x-klingon\" cannot hold the disclaimer");
}

BOOST_AUTO_TEST_CASE(iso_2022_jp_gets_ascii_and_only_where_it_is_in_ascii) {
  const std::string japanese = "\x1b$B$3$s\x1b(B";
  BOOST_TEST(applied(text_part("ISO-2022-JP", "7bit", japanese + "\r\n"), euro_disclaimer()) ==
             text_part("ISO-2022-JP", "7bit", japanese + "\r\n\r\neen EUR\r\n"));
  BOOST_TEST(refusal(text_part("ISO-2022-JP", "7bit", "\x1b$B$3$s"), ascii_disclaimer()) ==
             "ISO-2022 text that is not in ASCII where the disclaimer goes");
}

BOOST_AUTO_TEST_CASE(japanese_under_no_label_or_a_wrong_one_gets_ascii_and_no_new_label) {
  const std::string japanese = "\x1b$B$3$s\x1b(B\r\n";
  BOOST_TEST(applied("Subject: x\r\n\r\n" + japanese, euro_disclaimer()) ==
             "Subject: x\r\n\r\n" + japanese + "\r\neen EUR\r\n");
  for (const auto* label : {"us-ascii", "utf-8", "windows-1252", "iso-8859-1", "x-unknown", "gb2312"}) {
    BOOST_TEST(applied(text_part(label, "7bit", japanese), euro_disclaimer()) ==
               text_part(label, "7bit", japanese + "\r\neen EUR\r\n"));
    BOOST_TEST(refusal(text_part(label, "7bit", "\x1b$B$3$s\r\n"), ascii_disclaimer()) ==
               "ISO-2022 text that is not in ASCII where the disclaimer goes");
    BOOST_TEST(applied(html_part(label, "<p>\x1b$B$3\x1b(B</p>\r\n"), euro_disclaimer()) ==
               html_part(label, "<p>\x1b$B$3\x1b(B</p>\r\n<p>&#233;&#233;n &#8364;</p>\r\n"));
    BOOST_TEST(refusal(text_part(label, "7bit", "\x1b$)C\r\n\x0e\x30\x21\x0f\r\n"), ascii_disclaimer()) ==
               "ISO-2022 text that is not in ASCII where the disclaimer goes");
  }
}

BOOST_AUTO_TEST_CASE(a_terminals_colours_are_no_other_charset) {
  const std::string log = "\x1b[31mred\x1b[0m\x1b(B\r\n";
  BOOST_TEST(applied(text_part("utf-8", "8bit", log + "\xC3\xA9\r\n"), euro_disclaimer()) ==
             text_part("utf-8", "8bit", log + "\xC3\xA9\r\n\r\n\xC3\xA9\xC3\xA9n \xE2\x82\xAC\r\n"));
}

BOOST_AUTO_TEST_CASE(kanji_that_look_like_markup_do_not_move_the_place) {
  const std::string kanji = "<body>\x1b$B</body>!<R\x1b(B";  // five characters between the sequences
  BOOST_TEST(applied(html_part("iso-2022-jp", kanji + "</body>"), ascii_disclaimer()) ==
             html_part("iso-2022-jp", kanji + "\r\n<p>Notice</p>\r\n</body>"));
  BOOST_TEST(refusal(html_part("utf-8", kanji), ascii_disclaimer()) ==
             "ISO-2022 text without its label, whose markup can be read in two ways");
}

BOOST_AUTO_TEST_CASE(hz_and_utf7_under_another_label_get_ascii_and_no_new_label) {
  for (const std::string text : {"~{VPND~}\r\n", "caf+AOk-\r\n"}) {
    BOOST_TEST(applied("Subject: x\r\n\r\n" + text, euro_disclaimer()) ==
               "Subject: x\r\n\r\n" + text + "\r\neen EUR\r\n");
    for (const auto* label : {"us-ascii", "iso-8859-1", "x-unknown"})
      BOOST_TEST(applied(text_part(label, "7bit", text), euro_disclaimer()) ==
                 text_part(label, "7bit", text + "\r\neen EUR\r\n"));
  }
  BOOST_TEST(refusal("Subject: x\r\n\r\n~{VPND~}\r\n~{", ascii_disclaimer()) ==
             "HZ text that is not in ASCII where the disclaimer goes");
  auto tilde = ascii_disclaimer();
  tilde.text = "~{";
  tilde.html = "<p>~{</p>";
  BOOST_TEST(refusal("Subject: x\r\n\r\n~{VPND~}\r\n", tilde) ==
             "text that may be HZ, where the disclaimer's \"~\" means something else");
  BOOST_TEST(applied(html_part("us-ascii", "~{VPND~}\r\n"), tilde) ==
             html_part("us-ascii", "~{VPND~}\r\n<p>&#126;{</p>\r\n"));
}

BOOST_AUTO_TEST_CASE(ordinary_plus_signs_and_tildes_do_not_keep_a_text_from_its_label) {
  for (const std::string text : {"Call +31 6 1234 5678\r\n", "C++ or ~/.profile\r\n", "a+b@x.nl ~{ }\r\n"})
    BOOST_TEST(applied(text_part("us-ascii", "quoted-printable", text), euro_disclaimer()) ==
               text_part("utf-8", "quoted-printable", text + "\r\n=C3=A9=C3=A9n =E2=82=AC\r\n"));
}

BOOST_AUTO_TEST_CASE(utf_16_under_another_label_is_not_edited) {
  for (const auto* label : {"utf-8", "us-ascii", "x-unknown", "windows-1252"})
    for (const auto* base64 : {"SABpAA==", "//5ILQ=="})  // "Hi" without a mark, a kanji with one
      BOOST_TEST(refusal(text_part(label, "base64", base64), ascii_disclaimer()) ==
                 "text of two or four bytes a character without its label");
}

BOOST_AUTO_TEST_CASE(wide_and_shifting_charsets_are_not_edited) {
  for (const auto* charset : {"utf-16", "utf-16le", "utf-32", "utf-7", "hz-gb-2312", "iso-2022-kr", "ibm037"})
    BOOST_TEST(refusal(text_part(charset, "base64", "SABpAA=="), ascii_disclaimer()) != "", charset);
}

BOOST_AUTO_TEST_CASE(multibyte_charsets_of_asia_are_written_and_moved) {
  auto disclaimer = ascii_disclaimer();
  disclaimer.text = "\xE6\x97\xA5";  // a character that both have
  BOOST_TEST(applied(text_part("shift_jis", "8bit", "\x93\xFA\r\n"), disclaimer) ==
             text_part("shift_jis", "8bit", "\x93\xFA\r\n\r\n\x93\xFA\r\n"));
  BOOST_TEST(applied(text_part("gb2312", "8bit", "\xC8\xD5\r\n"), disclaimer) ==
             text_part("gb2312", "8bit", "\xC8\xD5\r\n\r\n\xC8\xD5\r\n"));
}

BOOST_AUTO_TEST_CASE(a_line_that_smtp_could_not_carry_is_encoded) {
  auto disclaimer = ascii_disclaimer();
  disclaimer.text = std::string(2000, 'x');
  const auto edited = applied("Subject: x\r\n\r\nHello\r\n", disclaimer);
  BOOST_TEST(edited.find("Content-Transfer-Encoding: quoted-printable\r\n") != std::string::npos);
  for (const auto line : pams::text::split(edited, '\n')) BOOST_TEST(line.size() <= 77U);
}

BOOST_AUTO_TEST_CASE(line_ends_inside_base64_stay_of_their_kind) {
  BOOST_TEST(applied(text_part("utf-8", "base64", "aGkK\r\n"), ascii_disclaimer()) ==
             text_part("utf-8", "base64", "aGkKCk5vdGljZQo=\r\n"));
}

BOOST_AUTO_TEST_SUITE_END()
