#include "milter/base/byte_buffer.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using pams::milter::ByteBuffer;

BOOST_AUTO_TEST_SUITE(byte_buffer)

BOOST_AUTO_TEST_CASE(what_goes_in_comes_out_in_order_however_it_was_cut) {
  std::string all;
  ByteBuffer buffer;
  for (std::size_t i = 0; i < 300; ++i) {
    const std::string piece(i * 37 % 4096, static_cast<char>('a' + i % 26));
    buffer.append(piece);
    all += piece;
  }
  BOOST_TEST((buffer.view() == all));
}

BOOST_AUTO_TEST_CASE(reserved_room_is_not_content_and_an_underestimate_does_no_harm) {
  ByteBuffer buffer;
  buffer.reserve(10);
  BOOST_TEST(buffer.view().empty());
  buffer.append(std::string(1000, 'x'));
  BOOST_TEST(buffer.view().size() == 1000U);
}

BOOST_AUTO_TEST_CASE(a_moved_buffer_gives_its_bytes_away) {
  ByteBuffer first;
  first.append("bytes");
  const ByteBuffer second = std::move(first);  // and is empty afterwards
  BOOST_TEST((second.view() == "bytes"));
}

BOOST_AUTO_TEST_SUITE_END()
