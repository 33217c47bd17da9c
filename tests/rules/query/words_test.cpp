/// What reads alike has the same words.
#include "rules/query/words.hpp"

#include <boost/test/unit_test.hpp>

using namespace pams::query;

BOOST_AUTO_TEST_SUITE(kql_words)

BOOST_AUTO_TEST_CASE(words_are_runs_of_letters_and_digits) {
  BOOST_TEST(words_in("Annual report, 2026: \"budget_v2.pdf\"") == "annual report 2026 budget v2 pdf");
  BOOST_TEST(words_in("") == "");
  BOOST_TEST(words_in(" -- \r\n") == "");
  BOOST_TEST(words_in("> quoted\r\n> lines") == "quoted lines");
}

BOOST_AUTO_TEST_CASE(what_reads_alike_is_alike) {
  const std::pair<const char*, const char*> kAlike[] = {
      {"r\xC3\xA9port", "re\xCC\x81port"},  // composed or not
      {"r\xC3\xA9port", "report"},          // accents
      {"\xEF\xBC\xB2\xEF\xBC\xA5\xEF\xBC\xB0\xEF\xBC\xAF\xEF\xBC\xB2\xEF\xBC\xB4", "report"},  // full width
      {"o\xEF\xAC\x83"
       "ce",
       "office"},                        // a ligature
      {"mer\xC2\xADger", "merger"},      // soft hyphen
      {"mer\xE2\x80\x8Bger", "merger"},  // zero width space
      {"mer\xE2\x81\xA0ger", "merger"},  // word joiner
      {"STRASSE",
       "stra\xC3\x9F"
       "e"},
      {"\xCE\x91\xCE\x98\xCE\x97\xCE\x9D\xCE\x91", "\xCE\x91\xCE\xB8\xCE\xAE\xCE\xBD\xCE\xB1"},  // Athens
      {"\xC4\xB0stanbul", "istanbul"},
      {"x\xC2\xB2", "x2"},
      {"annual\xC2\xA0report", "annual report"},
      {"o\xE2\x80\x99"
       "brien",
       "o'brien"},
  };
  for (const auto& [one, other] : kAlike)
    BOOST_TEST(words_in(one) == words_in(other), one << " and " << other);
  // Letters of their own.
  BOOST_TEST(words_in("\xD0\xB9") != words_in("\xD0\xB8"));
  BOOST_TEST(words_in("\xE3\x81\x8C") != words_in("\xE3\x81\x8B"));
}

BOOST_AUTO_TEST_CASE(what_is_written_without_blanks_is_found_inside) {
  BOOST_TEST(words_in("\xE6\x98\x8E\xE6\x97\xA5\xE3\x81\xAE"
                      "A1") == "\xE6\x98\x8E \xE6\x97\xA5 \xE3\x81\xAE a1");
  BOOST_TEST(words_in("\xED\x9A\x8C\xEC\x9D\x98 x").find(' ') != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_address_is_a_word_unlike_those_of_texts) {
  BOOST_TEST(address_word("Ann.B@Example.ORG") == address_word("ann.b@example.org."));
  BOOST_TEST(address_word("ann.b@example.org") != address_word("ann-b@example.org"));
  BOOST_TEST(address_word("ann@xn--bcher-kva.example") == address_word("Ann@b\xC3\xBC"
                                                                       "cher.example."));
  BOOST_TEST(address_word("@xn--bcher-kva.example") == address_word("@B\xC3\xBC"
                                                                    "cher.example"));
  BOOST_TEST(address_word("\"ann\"@x") == address_word("ann@x"));
  BOOST_TEST(address_word("ann@example").starts_with(address_word("ann@exam")));
  BOOST_TEST(address_word("x") != words_in("x"));
  BOOST_TEST(address_word("a b@x").find(' ') == std::string::npos);
  BOOST_TEST(address_words("") == "");
  BOOST_TEST(address_words("ann@example.org") ==
             "ann example org " + address_word("ann@example.org") + " " + address_word("@example.org"));
  // Whatever a text holds, its words are not those.
  BOOST_TEST(words_in(address_word("ann@x")) == "ann x");
  BOOST_TEST(words_in(std::string(kBoundary)) == "");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_part_words) {
  BOOST_TEST(words_in("a\xFF"
                      "b\xC3") == "a b");
  BOOST_TEST(words_in(std::string("a\0b", 3)) == "ab");  // nobody sees it
}

BOOST_AUTO_TEST_SUITE_END()
