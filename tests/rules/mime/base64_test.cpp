#include "rules/mime/base64.hpp"

#include <random>

#include <boost/test/unit_test.hpp>

using pams::mime::decode_base64;
using pams::mime::encode_base64;
using pams::mime::insert_base64;
using pams::mime::replace_base64;
using pams::mime::Splice;

namespace {

std::string inserted(const std::string& raw, std::size_t at, std::string_view bytes) {
  const Splice splices[] = {insert_base64(raw, {0, raw.size()}, decode_base64(raw).value(), at, bytes)};
  return apply_splices(raw, splices).value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(base64)

BOOST_AUTO_TEST_CASE(damage_is_not_guessed_through) {
  for (const auto* damaged : {"SGVsbG8", "SGVsbG8==", "SGVs=bG8=", "SGVsbG8=SGVs", "SGVs\r\nplain text after",
                              "S", "SGVsbG8=\r\n-- \r\nlist footer\r\n"})
    BOOST_TEST(!decode_base64(damaged).has_value(), damaged);
  BOOST_TEST(decode_base64(" SGVs\r\nbG8=\r\n").value() == "Hello");
  BOOST_TEST(decode_base64("").value() == "");
}

BOOST_AUTO_TEST_CASE(an_insertion_encodes_anew_only_from_its_own_three_bytes_on) {
  BOOST_TEST(inserted("SGVsbG8g\r\nV29ybGQ=\r\n", 11, "!") == "SGVsbG8g\r\nV29ybGQh\r\n");
  BOOST_TEST(inserted("SGVsbG8g\r\nV29ybGQ=", 11, "!!") == "SGVsbG8g\r\nV29ybGQh\r\nIQ==");
}

BOOST_AUTO_TEST_CASE(an_insertion_at_every_offset_decodes_to_the_text_with_it) {
  std::mt19937 random(2);
  for (std::size_t size = 0; size < 70; ++size) {
    std::string text(size, '\0');
    for (auto& c : text) c = static_cast<char>(random());
    const Splice whole[] = {replace_base64("AAAA\nAAAA\n", {0, 10}, text)};
    const auto raw = apply_splices("AAAA\nAAAA\n", whole).value();
    for (std::size_t at = 0; at <= size; ++at) {
      auto expected = text;
      expected.insert(at, "insertion");
      BOOST_REQUIRE(decode_base64(inserted(raw, at, "insertion")).value() == expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(line_length_and_line_ends_stay_as_the_part_has_them) {
  const auto edited = inserted("SGVsbG8g\nV29ybGQ=\n", 11, ", and all");
  BOOST_TEST(edited == "SGVsbG8g\nV29ybGQs\nIGFuZCBh\nbGw=\n");
}

BOOST_AUTO_TEST_SUITE_END()
