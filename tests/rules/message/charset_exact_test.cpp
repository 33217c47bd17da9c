#include "rules/message/charset_exact.hpp"

#include <boost/test/unit_test.hpp>

using namespace pams;

BOOST_AUTO_TEST_SUITE(charset_exact)

BOOST_AUTO_TEST_CASE(what_encodes_decodes_to_the_same_text) {
  BOOST_TEST(encode_charset("één €", "windows-1252").value() == "\xE9\xE9n \x80");
  BOOST_TEST(decode_charset("\xE9\xE9n \x80", "windows-1252").value() == "één €");
  BOOST_TEST(!encode_charset("€", "iso-8859-1").has_value());
  BOOST_TEST(!decode_charset("\x80", "iso-8859-1").has_value());
}

BOOST_AUTO_TEST_CASE(what_is_written_keeps_to_the_letter_of_the_label) {
  BOOST_TEST(!encode_charset("“één”", "latin1").has_value());
  BOOST_TEST(!encode_charset("€", "iso-8859-9").has_value());
  BOOST_TEST(!encode_charset("€", "gb2312").has_value());
  BOOST_TEST(encode_charset("你—好", "gb2312").value() == "\xC4\xE3\xA1\xAA\xBA\xC3");
  BOOST_TEST(!encode_charset("①", "shift_jis").has_value());
  BOOST_TEST(encode_charset("①", "windows-31j").value() == "\x87\x40");
  BOOST_TEST(!encode_charset("é", "us-ascii").has_value());
}

BOOST_AUTO_TEST_CASE(every_label_keeps_ascii_or_is_told_to_be_wide) {
  for (const auto* label : {"koi8r", "x-sjis", "tis-620", "x-cp1252", "big5", "korean", "cp-850"})
    BOOST_TEST((charset_kind(label) == CharsetKind::Superset), label);
  for (const auto* label :
       {"unicode", "csunicode", "hz", "iso-2022-kr", "iso-2022-cn", "utf-7", "unicode-1-1-utf-7", "ibm037",
        "ibm500", "cp1026", "jis_x0201", "iso646-de", "utf-ebcdic", "johab", "utf-32", "wchar_t"})
    BOOST_TEST((charset_kind(label) == CharsetKind::Wide), label);
  for (const auto* label : {"csiso2022jp", "iso-2022-jp-2", "cp50221"})
    BOOST_TEST((charset_kind(label) == CharsetKind::Iso2022Jp), label);
  BOOST_TEST((charset_kind("x-user-defined") == CharsetKind::Unknown));
  BOOST_TEST((charset_kind("x-mac-cyrillic") == CharsetKind::Unknown));
}

BOOST_AUTO_TEST_CASE(words_that_ascii_can_tell_are_told_in_ascii) {
  BOOST_TEST(transliterate("één €").value() == "een EUR");
  BOOST_TEST(transliterate("Vertraulich für café-naïve Ωmega").value() == "Vertraulich fur cafe-naive ?mega");
}

BOOST_AUTO_TEST_CASE(a_text_that_would_be_question_marks_is_not_told_at_all) {
  BOOST_TEST(!transliterate("Εμπιστευτικό").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
