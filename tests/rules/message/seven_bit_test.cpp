#include "rules/message/seven_bit.hpp"

#include <boost/test/unit_test.hpp>

#include "rules/message/iso_2022.hpp"

using namespace pams;

BOOST_AUTO_TEST_SUITE(seven_bit)

/// yEnc in a text holds the bytes of a shift by chance.
BOOST_AUTO_TEST_CASE(a_shift_beside_bytes_above_7f_is_binary_data) {
  BOOST_TEST(is_iso_2022("a\x0E\x0F"));
  BOOST_TEST(!is_iso_2022("a\x0E\x0F\xC8"));
  BOOST_TEST(is_iso_2022("a\x0E\xC8\x1B$B$3"));
}

BOOST_AUTO_TEST_CASE(ordinary_ascii_is_no_other_charset) {
  for (const auto* text :
       {"Call +31 6 1234 5678, or +442079460000.", "1+1=2, a+b-c", "C++ and g++-12", "bob+news@x.nl",
        "+/- 5 percent", "~{", "~{} ~{ x ~}", "~/.profile ~~ ~", "a\x1B[31mred\x1B[0m\x1B(B", "+-"})
    BOOST_TEST((seven_bit_charset(text) == SevenBit::None), text);
}

BOOST_AUTO_TEST_CASE(what_may_be_another_charset_is_told) {
  for (const auto* text :
       {"\x1B$B$3\x1B(B", "\x1B(J", "\x1B(I1", "\x1B$)C\n\x0E\x30\x21\x0F", "\x0E", "\x1B$A0!"})
    BOOST_TEST((seven_bit_charset(text) == SevenBit::Iso2022), text);
  for (const auto* text : {"~{VPND~}", "a~{<:Ky2;PD~}b"})
    BOOST_TEST((seven_bit_charset(text) == SevenBit::Hz), text);
  for (const auto* text : {"caf+AOk-", "Hi Mom +Jjo!", "+ZeVnLIqe-", "1 +- 1, +2D3cqQ-"})
    BOOST_TEST((seven_bit_charset(text) == SevenBit::Utf7), text);
  // One "+" that UTF-7 cannot hold, and all of it is ASCII.
  BOOST_TEST((seven_bit_charset("caf+AOk- +31 6") == SevenBit::None));
  BOOST_TEST((seven_bit_charset("+2D0- half a pair") == SevenBit::None));
}

BOOST_AUTO_TEST_CASE(ascii_stands_only_where_iso_2022_is_in_ascii) {
  const std::string_view text = "a\x1B$B$3\x1B(Bb";  // a, ESC $ B, two bytes, ESC ( B, b
  for (std::size_t at = 0; at <= text.size(); ++at)
    BOOST_TEST(is_ascii_in_iso_2022(text, at) == (at <= 1 || at >= 9), at);
  BOOST_TEST(!is_ascii_in_iso_2022("\x1B(Ja", 4));
  BOOST_TEST(!is_ascii_in_iso_2022("a\x1B$", 3));
  BOOST_TEST(is_ascii_in_iso_2022("\x1B[1ma\x1B(B\x1B[0m", 12));
}

BOOST_AUTO_TEST_CASE(text_that_shifts_has_no_place_that_is_surely_ascii) {
  BOOST_TEST(!is_ascii_in_iso_2022("a\r\n\x1B$)C\x0E\x30\x21\x0F", 0));
  BOOST_TEST(!is_ascii_in_iso_2022("a\x0E", 0));
}

BOOST_AUTO_TEST_CASE(ascii_stands_only_where_hz_and_utf7_are_in_ascii) {
  const std::string_view hz = "a~{VPND~}b";
  for (std::size_t at = 0; at <= hz.size(); ++at)
    BOOST_TEST(is_ascii_at(SevenBit::Hz, hz, at) == (at <= 1 || at >= 9), at);
  const std::string_view utf7 = "a+AOk-b";
  for (std::size_t at = 0; at <= utf7.size(); ++at)
    BOOST_TEST(is_ascii_at(SevenBit::Utf7, utf7, at) == (at <= 1 || at >= 6), at);
  // Lines that begin with a line end close what was open.
  BOOST_TEST(is_ascii_at(SevenBit::Utf7, "a+AOk", 5));
}

BOOST_AUTO_TEST_CASE(markup_is_not_seen_in_characters_of_two_bytes) {
  BOOST_TEST(mask_iso_2022("<p>\x1B$B<R>!\x1B(B</p>") == "<p>\x1B$Bxxxx\x1B(B</p>");
}

BOOST_AUTO_TEST_SUITE_END()
