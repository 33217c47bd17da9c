#include "rules/message/charset.hpp"

#include <boost/test/unit_test.hpp>

using namespace pams;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(charset)

BOOST_AUTO_TEST_CASE(charsets_are_read_under_the_names_that_mail_gives_them) {
  BOOST_TEST(to_utf8("caf\xE9", "ISO-8859-1") == "café");
  BOOST_TEST(to_utf8("\x80\x93", "iso-8859-1") == "€“");
  BOOST_TEST(to_utf8("\x80", "windows-1252") == "€");
  BOOST_TEST(to_utf8("\xC4\xE3", "gb2312") == "你");
  BOOST_TEST(to_utf8("\xB0\xA1", "ks_c_5601-1987") == "가");
  BOOST_TEST(to_utf8("\x83\x65", "sjis") == "テ");
  BOOST_TEST(to_utf8("\xD4\xC1", "koi8r") == "та");
  BOOST_TEST(to_utf8("\xEE", "iso-8859-8-i") == "מ");
  BOOST_TEST(to_utf8("caf\xC3\xA9", "unicode-1-1-utf-8") == "café");
  BOOST_TEST(to_utf8("+AOk-", "unicode-1-1-utf-7") == "é");
  BOOST_TEST(to_utf8("~{VPND~} a~~b ~{VP\n~}", "hz-gb-2312") == "中文 a~b 中\n~}");
  BOOST_TEST(to_utf8("\x1B$)C\x0E\x30\x21\x0F a", "iso-2022-kr") == "가 a");
  BOOST_TEST(to_utf8("h\0i\0"s, "utf-16") == "hi");
  BOOST_TEST(to_utf8("\xFE\xFF\0h\0i"s, "utf-16") == "hi");
}

BOOST_AUTO_TEST_CASE(iso_2022_jp_is_read_with_what_windows_puts_into_it) {
  BOOST_TEST(to_utf8("\x1B$B$3\x1B(B a", "iso-2022-jp") == "こ a");
  BOOST_TEST(to_utf8("\x1B$B-!\x1B(I1\x1B(J\\", "csISO2022JP") == "①ｱ\\");
  BOOST_TEST(to_utf8("\x1B$B$3\r\n$3", "iso-2022-jp") == "こ\r\n$3");
  BOOST_TEST(to_utf8("\x1B$B$", "iso-2022-jp") == "\xEF\xBF\xBD");
  BOOST_TEST(to_utf8("caf\xE9 \x1B[1m", "iso-2022-jp") == "café \x1B[1m");
}

BOOST_AUTO_TEST_CASE(the_last_letter_is_not_kept_back) {
  BOOST_TEST(to_utf8("bay mai", "windows-1258") == "bay mai");
  BOOST_TEST(to_utf8("\xE0", "windows-1255") == "א");
}

BOOST_AUTO_TEST_CASE(text_without_a_label_is_utf8_when_it_is_and_windows_1252_when_it_is_not) {
  for (const auto* label :
       {"", "us-ascii", "x-unknown", "no-such-charset", "x-user-defined", "utf-8//TRANSLIT"}) {
    BOOST_TEST(to_utf8("caf\xC3\xA9", label) == "café", label);
    BOOST_TEST(to_utf8("caf\xE9 \x93quoted\x94", label) == "café “quoted”", label);
    // Two letters that together look like UTF-8 are outvoted by those that do not.
    BOOST_TEST(to_utf8("gr\xFC\xDF\x94 \xE4", label) == "grüß” ä", label);
    // A character cut at the end, as where a text is read up to a limit, leaves the rest as it is.
    BOOST_TEST(to_utf8("\xC3\xA9\xE2\x82", label) == "éâ‚", label);
  }
}

BOOST_AUTO_TEST_CASE(a_mixture_without_a_label_is_read_both_ways) {
  const auto both = readings("\xC3\xA9\xC3\xA9n caf\xE9", "");
  BOOST_TEST(both.size() == 2U);
  BOOST_TEST(both.front() == "één café");
  BOOST_TEST(both.back() == "Ã©Ã©n café");
  BOOST_TEST(readings("\xC3\xA9 \xFF", "utf-8").size() == 1U);
  BOOST_TEST(readings("caf\xC3\xA9", "").size() == 1U);
}

BOOST_AUTO_TEST_CASE(bytes_that_are_wrong_in_their_charset_are_letters_of_windows_1252) {
  BOOST_TEST(to_utf8("caf\xE9 \xC3\xA9", "utf-8") == "café é");
  // Each reader of the label shows these as UTF-8, however many bytes are wrong.
  BOOST_TEST(to_utf8("\xFF\xFF\xFF \xC3\xA9", "utf-8") == "ÿÿÿ é");
  BOOST_TEST(to_utf8("caf\xE9", "gb2312") == "café");
  BOOST_TEST(to_utf8("\x81", "windows-1252") == "\xC2\x81");
}

BOOST_AUTO_TEST_CASE(one_wrong_unit_of_utf_16_does_not_shift_the_rest) {
  BOOST_TEST(to_utf8("\x00\xD8h\0i\0"s, "utf-16le") == "\xEF\xBF\xBDhi");
  BOOST_TEST(to_utf8("h\0i"s, "utf-16le") == "h\xEF\xBF\xBD");
}

BOOST_AUTO_TEST_CASE(japanese_without_its_label_is_read_both_ways) {
  // A reader whose program does not look for it sees the letters, and words in them count.
  const auto both = readings("\x1B$B$3\x1B(B caf\xE9", "");
  BOOST_TEST(both.size() == 2U);
  BOOST_TEST(both.front() == "\x1B$B$3\x1B(B café");
  BOOST_TEST(both.back() == "こ café");
  BOOST_TEST(readings("\x1B$B$3\x1B(B", "utf-8").back() == "こ");
  BOOST_TEST(readings("\x1B$B$3\x1B(B", "iso-2022-jp").size() == 1U);
  BOOST_TEST(readings("\x1B[31mred\x1B[0m \x1B(B", "utf-8").size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_other_sets_of_iso_2022_are_read_without_a_label_too) {
  BOOST_TEST(readings("\x1B$)C\x0E\x30\x21\x0F a", "us-ascii").back() == "가 a");
  BOOST_TEST(readings("\x1B$)A\x0E\x56\x50\x0F a", "").back() == "中 a");
}

BOOST_AUTO_TEST_CASE(a_byte_order_mark_announces_utf_16) {
  const auto both = readings("\xFF\xFEh\0i\0"s, "us-ascii");
  BOOST_TEST(both.size() == 2U);
  BOOST_TEST(both.back() == "hi");
}

BOOST_AUTO_TEST_SUITE_END()
