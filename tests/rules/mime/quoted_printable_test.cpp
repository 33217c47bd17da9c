#include "rules/mime/quoted_printable.hpp"

#include <random>

#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"

using pams::mime::decode_quoted_printable;
using pams::mime::encode_quoted_printable;
using pams::mime::insert_quoted_printable;
using pams::mime::Splice;

namespace {

std::string inserted(const std::string& raw, std::size_t at, std::string_view bytes) {
  const Splice splices[] = {insert_quoted_printable(raw, {0, raw.size()}, at, bytes)};
  return apply_splices(raw, splices).value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(quoted_printable)

BOOST_AUTO_TEST_CASE(it_is_read_as_mail_readers_do) {
  BOOST_TEST(decode_quoted_printable("caf=C3=A9 =\r\nau lait") == "caf\xC3\xA9 au lait");
  BOOST_TEST(decode_quoted_printable("dropped blanks \t\r\nlower =e9") == "dropped blanks\r\nlower \xE9");
  BOOST_TEST(decode_quoted_printable("1+1=2, =ZZ and =") == "1+1=2, =ZZ and ");
}

BOOST_AUTO_TEST_CASE(any_bytes_come_back_from_lines_of_at_most_76) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::string bytes(random() % 400, '\0');
    for (auto& c : bytes) c = random() % 3 == 0 ? static_cast<char>(random()) : "ab =\t\r\n."[random() % 8];
    const auto encoded = encode_quoted_printable(bytes);
    BOOST_REQUIRE(decode_quoted_printable(encoded) == bytes);
    for (const auto line : pams::text::split(encoded, '\n')) BOOST_REQUIRE(line.size() <= 77);  // with the CR
    BOOST_REQUIRE(pams::text::is_ascii(encoded));
  }
}

BOOST_AUTO_TEST_CASE(a_soft_break_never_stands_inside_a_utf8_character) {
  std::string euros;
  for (int i = 0; i < 50; ++i) euros += "a\xE2\x82\xAC";
  const auto encoded = encode_quoted_printable(euros);
  for (const auto line : pams::text::split(encoded, '\n')) {
    const auto text = pams::text::trim_right(line, "=\r");
    BOOST_TEST((text.empty() || text.ends_with("AC") || text.ends_with('a')), line);
  }
}

BOOST_AUTO_TEST_CASE(an_insertion_leaves_every_other_encoded_byte_as_it_was) {
  const std::string raw = "caf=c3=A9 =\r\n</body>  \r\nend";
  BOOST_TEST(inserted(raw, 6, "\r\nNEW =\r\n") == "caf=c3=A9 =\r\n\r\nNEW =3D\r\n</body>  \r\nend");
}

BOOST_AUTO_TEST_CASE(a_soft_break_at_the_very_end_is_finished_first) {
  const auto edited = inserted("unfinished=", 10, "\r\nNEW");
  BOOST_TEST(edited == "unfinished=\r\n\r\nNEW");
  BOOST_TEST(decode_quoted_printable(edited) == "unfinished\r\nNEW");
}

BOOST_AUTO_TEST_CASE(a_blank_before_the_insertion_is_not_lost) {
  const auto edited = inserted("<p>x</p> </body>", 9, "\r\nNEW\r\n");
  BOOST_TEST(decode_quoted_printable(edited) == "<p>x</p> \r\nNEW\r\n</body>");
}

BOOST_AUTO_TEST_CASE(dropped_blanks_at_the_end_stay_dropped) {
  BOOST_TEST(inserted("<html>\r\n  ", 8, "NEW\r\n") == "<html>\r\nNEW\r\n  ");
  BOOST_TEST(inserted("unfinished= ", 10, "\r\nNEW") == "unfinished= \r\n\r\nNEW");
}

BOOST_AUTO_TEST_CASE(an_insertion_at_every_offset_is_where_it_should_be) {
  const std::string raw = "=\r\na=20 \r\n=3D=\r\n\r\nb=0D=0A c=E9=\r\nd \t\r\ne";
  const auto text = decode_quoted_printable(raw);
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at > 0 && at < text.size() && text[at - 1] == '\r') continue;  // between CR and LF stands nothing
    auto expected = text;
    expected.insert(at, "\r\nNEW\r\n");
    BOOST_TEST(decode_quoted_printable(inserted(raw, at, "\r\nNEW\r\n")) == expected, "at " << at);
  }
}

BOOST_AUTO_TEST_SUITE_END()
