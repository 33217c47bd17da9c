#include "rules/message/header.hpp"

#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"
#include "tests/support/eml.hpp"

using pams::HeaderField;
using pams::Headers;
using pams::make_header_value;

namespace {

std::string decoded(std::string value) { return HeaderField{"Subject", std::move(value)}.decoded(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(header)

BOOST_AUTO_TEST_CASE(unfolding_removes_line_breaks_and_keeps_the_blanks_behind_them) {
  BOOST_TEST((HeaderField{"Subject", " a\r\n b\r\n\tc "}.unfolded()) == "a b\tc");
  BOOST_TEST((HeaderField{"Subject", " a\n b"}.unfolded()) == "a b");
}

BOOST_AUTO_TEST_CASE(a_value_is_one_line_even_with_bare_line_breaks_in_it) {
  BOOST_TEST((HeaderField{"Subject", "a\rb\nc"}.unfolded()) == "a b c");
}

BOOST_AUTO_TEST_CASE(encoded_words_are_read_as_mail_programs_read_them) {
  BOOST_TEST(decoded(" =?utf-8?Q?Caf=C3=A9?=") == "Café");
  BOOST_TEST(decoded(" =?ISO-8859-1?b?Q2Fm6Q==?= au lait") == "Café au lait");
  BOOST_TEST(decoded(" =?utf-8*en?Q?with_language?=") == "with language");
  BOOST_TEST(decoded(" Re: =?utf-8?Q?What=3F?=!") == "Re: What?!");
  BOOST_TEST(decoded(" =?utf-8?Q?Really?\?=") == "Really?");
}

BOOST_AUTO_TEST_CASE(blanks_between_encoded_words_vanish_and_others_stay) {
  BOOST_TEST(decoded(" =?utf-8?Q?a?=\r\n =?iso-8859-1?Q?b?= c =?utf-8?Q?d?=") == "ab c d");
}

BOOST_AUTO_TEST_CASE(a_character_that_was_cut_in_two_words_is_joined) {
  BOOST_TEST(decoded(" =?utf-8?Q?Caf=C3?= =?UTF-8?Q?=A9?=") == "Café");
}

BOOST_AUTO_TEST_CASE(broken_encoded_words_stay_as_they_are) {
  for (const auto* value : {"=?utf-8?Q?open", "=?utf-8?X?a?=", "=??Q?a?=", "=?=", "=?a b?Q?c?="})
    BOOST_TEST(decoded(value) == value);
}

BOOST_AUTO_TEST_CASE(words_of_unknown_or_wrong_charsets_are_read_all_the_same) {
  BOOST_TEST(decoded(" =?x-unknown?Q?Caf=E9?= =?no-such-charset?Q?Caf=C3=A9?=") == "CaféCafé");
  BOOST_TEST(decoded(" =?utf-8?Q?Caf=E9?=") == "Café");
  BOOST_TEST(decoded(" =?koi8r?Q?=D4?= =?koi8-r?Q?=C1?= =?unicode-1-1-utf-8?Q?=C3?= =?utf8?Q?=A9?=") ==
             "таé");
  BOOST_TEST(decoded(" =?iso-2022-jp?B?GyRCLSEbKEI=?= =?us-ascii?B?GyRCJDMbKEI=?=") == "①こ");
}

BOOST_AUTO_TEST_CASE(raw_eight_bit_fields_are_utf8_or_else_windows_1252) {
  BOOST_TEST(decoded(" Café") == "Café");
  BOOST_TEST(decoded(" Caf\xE9 \x80!") == "Café €!");
  BOOST_TEST(decoded(" =?utf-8?Q?=ED=A0=80?=") == "í\xC2\xA0€");
}

BOOST_AUTO_TEST_CASE(raw_japanese_is_read_where_it_is_sound) {
  BOOST_TEST(decoded(" Re: \x1B$B$3\x1B(B") == "Re: こ");
  BOOST_TEST(decoded(" \x1B$Bthe figures\x1B(B") == "\x1B$Bthe figures\x1B(B");
}

BOOST_AUTO_TEST_CASE(thousands_of_hopeless_words_cost_no_more_than_their_length) {
  std::string value;
  for (int i = 0; i < 20000; ++i) value += "=?utf-8?Q?a";
  BOOST_TEST(decoded(value + "?=").size() + 10 == value.size());
  BOOST_TEST((decoded(value) == value));
}

BOOST_AUTO_TEST_CASE(a_field_that_changes_its_charset_with_every_word_is_read_at_once) {
  std::string value;
  std::string text;
  for (int i = 0; i < 2000; ++i)
    for (const auto* charset : {"iso-2022-jp", "koi8-r", "big5", "euc-jp", "utf-7", "shift_jis"}) {
      value.append("=?").append(charset).append("?Q?a?= ");
      text += 'a';
    }
  BOOST_TEST((decoded(value) == text));
}

BOOST_AUTO_TEST_CASE(fields_are_found_in_any_letter_case_and_with_a_blank_before_the_colon) {
  const Headers headers({{"Subject ", " 1"}, {"SUBJECT", " 2"}, {"To", " 3"}});
  BOOST_TEST_REQUIRE(headers.find("subject") != nullptr);
  BOOST_TEST(headers.find("subject")->value == " 1");
  BOOST_TEST(headers.find_all("Subject").size() == 2U);
  BOOST_TEST(!headers.has("Subj"));
}

BOOST_AUTO_TEST_CASE(setting_overwrites_the_first_in_place_and_removes_the_others) {
  Headers headers({{"A", " 1"}, {"x", " 2"}, {"B", " 3"}, {"X", " 4"}});
  headers.set("X", " new");
  BOOST_TEST(headers.wire() == "A: 1\r\nx: new\r\nB: 3\r\n");
  headers.set("C", " 5");
  BOOST_TEST(headers.wire() == "A: 1\r\nx: new\r\nB: 3\r\nC: 5\r\n");
}

BOOST_AUTO_TEST_CASE(removing_tells_how_many_went) {
  Headers headers({{"X", "1"}, {"A", "2"}, {"x", "3"}});
  BOOST_TEST(headers.remove("x") == 2U);
  BOOST_TEST(headers.wire() == "A:2\r\n");
}

BOOST_AUTO_TEST_CASE(a_made_value_never_breaks_out_of_its_field) {
  const auto value = make_header_value(std::string_view("x\r\nBcc: evil@example.org\0y", 26));
  BOOST_TEST(value == " x  Bcc: evil@example.org y");
}

BOOST_AUTO_TEST_CASE(a_made_value_reads_back_as_the_text_it_was_made_from) {
  for (const std::string text :
       {"Plain text", "Café", "Zwei  Wörter  mit  Lücken und am Ende ASCII",
        "日本語の件名日本語の件名日本語の件名日本語の件名日本語の件名",
        "looks like =?utf-8?Q?an?= encoded word", "ä ö ü", "\xF0\x9F\x98\x80 smile"}) {
    const HeaderField field{"Subject", make_header_value(text)};
    BOOST_TEST(field.decoded() == text);
    BOOST_TEST(pams::text::is_ascii(field.value));
  }
}

BOOST_AUTO_TEST_CASE(a_made_value_is_folded_at_blanks_and_words_stay_whole) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "word" + std::to_string(i) + " é ";
  text.pop_back();
  const HeaderField field{"Subject", make_header_value(text)};
  for (const auto line : pams::text::split(field.value, '\n')) {
    BOOST_TEST(line.size() <= 79U);
    BOOST_TEST(line.starts_with(' '));
  }
  BOOST_TEST(field.decoded() == text);
}

BOOST_AUTO_TEST_CASE(a_word_too_long_for_a_line_is_encoded_in_pieces) {
  const std::string text(3000, 'x');
  const HeaderField field{"Subject", make_header_value(text)};
  for (const auto line : pams::text::split(field.value, '\n')) BOOST_TEST(line.size() <= 79U);
  BOOST_TEST(field.decoded() == text);
}

BOOST_AUTO_TEST_CASE(header_names_are_printable_ascii_without_colon_and_blank) {
  BOOST_TEST(pams::is_header_name("X-Example_1"));
  for (const auto* name : {"", "a b", "a:", "\xC3\xA9", "a\r"}) BOOST_TEST(!pams::is_header_name(name));
}

BOOST_AUTO_TEST_SUITE_END()
