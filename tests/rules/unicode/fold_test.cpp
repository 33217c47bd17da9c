#include "rules/unicode/fold.hpp"

#include <boost/test/unit_test.hpp>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

namespace pams::test {
namespace {

std::string utf8_of(UChar32 character) {
  std::string out;
  icu::UnicodeString(character).toUTF8String(out);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fold)

BOOST_AUTO_TEST_CASE(what_a_reader_cannot_tell_apart_is_equal) {
  constexpr std::pair<std::string_view, std::string_view> kSame[] = {
      {"The FIGURES", "the figures"},
      {"caf\u00e9", "CAFE\u0301"},
      {"\uff54\uff48\uff45 \uff46\uff49\uff47\uff55\uff52\uff45\uff53", "the figures"},
      {"\ufb01gures", "figures"},
      {"STRASSE", "stra\u00dfe"},
      {"the\u00a0figures", "the figures"},
      {"fig\u00adures", "figures"},
      {"\u212bngstr\u00f6m", "\u00e5ngstr\u00f6m"},
  };
  for (const auto& [a, b] : kSame) BOOST_TEST(folded(a) == folded(b), a);
}

BOOST_AUTO_TEST_CASE(every_invisible_character_of_unicode_is_gone) {
  int seen = 0;
  for (UChar32 c = 1; c <= 0x10FFFF; ++c) {
    const auto category = u_charType(c);
    const bool is_ignorable = u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0;
    const bool is_control = category == U_CONTROL_CHAR && u_isUWhiteSpace(c) == 0;
    if (!is_ignorable && category != U_FORMAT_CHAR && !is_control) continue;
    ++seen;
    const auto invisible = utf8_of(c);
    BOOST_TEST_REQUIRE(folded("Fig" + invisible + "ures") == "figures", "U+" << std::hex << c);
    BOOST_TEST_REQUIRE(folded("\u00c9" + invisible) == "\u00e9", "U+" << std::hex << c);
    BOOST_TEST_REQUIRE(without_compatibility_forms("Fig" + invisible + "ures") == "Figures",
                       "U+" << std::hex << c);
    // A mark composes with its letter, and marks get their order, whatever stood between them.
    BOOST_TEST_REQUIRE(folded("cafe" + invisible + "\u0301") == "caf\u00e9", "U+" << std::hex << c);
    BOOST_TEST_REQUIRE(folded("a\u0301" + invisible + "\u0323") == folded("a\u0323\u0301"),
                       "U+" << std::hex << c);
  }
  BOOST_TEST(seen > 4000);  // Unicode 15 has 4,174 ignorable ones alone
}

BOOST_AUTO_TEST_CASE(a_text_that_is_folded_stays_as_it_is) {
  for (UChar32 c = 1; c <= 0x10FFFF; ++c) {
    const auto category = u_charType(c);
    if (category == U_UNASSIGNED || category == U_SURROGATE || category == U_PRIVATE_USE_CHAR) continue;
    const auto once = folded("a" + utf8_of(c));
    if (folded(once) != once) BOOST_ERROR("U+" << std::hex << c);
  }
}

BOOST_AUTO_TEST_CASE(a_form_for_patterns_keeps_case) {
  BOOST_TEST(without_compatibility_forms("\uff33\uff25\u00adCRET \ufb01le Stra\u00dfe") ==
             "SECRET file Stra\u00dfe");
  BOOST_TEST(without_compatibility_forms("Cafe\u0301") == "Caf\u00e9");
  BOOST_TEST(composed("Cafe\u0301 \ufb01le\u00ad") == "Caf\u00e9 \ufb01le\u00ad");
}

BOOST_AUTO_TEST_CASE(line_ends_stay_and_broken_bytes_are_seen) {
  BOOST_TEST(folded("A\r\nB\tC") == "a\r\nb\tc");
  BOOST_TEST(folded("\u00c4\r\nB\tC") == "\u00e4\r\nb\tc");
  BOOST_TEST(folded("a\xff\u00e9") == "a\ufffd\u00e9");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace pams::test
