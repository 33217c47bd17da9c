#include "rules/message/transfer_encoding.hpp"

#include <boost/test/unit_test.hpp>

using pams::decode_base64;
using pams::decode_quoted_printable;
using pams::decoded_base64_size;

BOOST_AUTO_TEST_SUITE(transfer_encoding)

BOOST_AUTO_TEST_CASE(base64_is_read_across_lines_and_rubbish) {
  BOOST_TEST(decode_base64("aGVs\r\nbG8=") == "hello");
  BOOST_TEST(decode_base64("aG!Vs*bG8") == "hello");
  BOOST_TEST(decode_base64("aA==aA==") == "hh");
  BOOST_TEST(decode_base64("====") == "");
}

BOOST_AUTO_TEST_CASE(the_size_of_base64_is_known_without_decoding) {
  for (const auto* text : {"", "a", "aG", "aGV", "aGVs", "aGVsb", "aGVs\r\nbG8=", "aA==aA==", "aGVsbA",
                           "=a=aa=aaa=", "!!aGVs!!"})
    BOOST_TEST(decoded_base64_size(text) == decode_base64(text).size(), text);
}

BOOST_AUTO_TEST_CASE(quoted_printable_joins_soft_breaks_and_drops_blanks_at_line_ends) {
  BOOST_TEST(decode_quoted_printable("a=\r\nb=3D=3d \t\r\nc= \r\nd") == "ab==\r\ncd");
  BOOST_TEST(decode_quoted_printable("a\nb\r\n") == "a\nb\r\n");
}

BOOST_AUTO_TEST_CASE(a_stray_equals_sign_stays) {
  BOOST_TEST(decode_quoted_printable("a=ZZ b=4") == "a=ZZ b=4");
  BOOST_TEST(decode_quoted_printable("a=") == "a");
}

BOOST_AUTO_TEST_SUITE_END()
