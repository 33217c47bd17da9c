#include "rules/unicode/fold.hpp"

#include <boost/test/unit_test.hpp>

namespace pams::test {

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

BOOST_AUTO_TEST_CASE(invisible_characters_are_gone) {
  for (const std::string_view invisible :
       {"\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u180e", "\u202e", "\u2066",
        "\u3164", "\ufe0f", "\U000e0041", "\u0600", "\ufff9", "\U000110bd"})
    BOOST_TEST(folded("fig" + std::string(invisible) + "ures") == "figures");
}

BOOST_AUTO_TEST_CASE(line_ends_stay_and_broken_bytes_are_seen) {
  BOOST_TEST(folded("A\r\nB\tC") == "a\r\nb\tc");
  BOOST_TEST(folded("\u00c4\r\nB\tC") == "\u00e4\r\nb\tc");
  BOOST_TEST(folded("a\xff\u00e9") == "a\ufffd\u00e9");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace pams::test
