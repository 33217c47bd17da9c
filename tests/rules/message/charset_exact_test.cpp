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

BOOST_AUTO_TEST_CASE(words_that_ascii_can_tell_are_told_in_ascii) {
  BOOST_TEST(transliterate("één €").value() == "een EUR");
  BOOST_TEST(transliterate("Vertraulich für café-naïve Ωmega").value() == "Vertraulich fur cafe-naive ?mega");
}

BOOST_AUTO_TEST_CASE(a_text_that_would_be_question_marks_is_not_told_at_all) {
  BOOST_TEST(!transliterate("Εμπιστευτικό").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
