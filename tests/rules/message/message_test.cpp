#include "rules/message/message.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/eml.hpp"

using pams::parse_message;
using pams::test::Bytes;
using namespace pams::test;  // _eml

BOOST_AUTO_TEST_SUITE(message)

BOOST_AUTO_TEST_CASE(a_message_comes_back_as_it_was) {
  const auto eml = R"(
Received: from a
	by b;  Mon
subject :odd   spacing  
X-Empty:
To: x@example.org

 body
..

)"_eml;
  const auto message = parse_message(eml);
  BOOST_TEST(Bytes(message.wire()) == Bytes(eml));
  BOOST_TEST(message.wire_size() == eml.size());
  BOOST_TEST(message.headers.fields().size() == 4U);
  BOOST_TEST(message.headers.fields()[0].value == " from a\r\n\tby b;  Mon");
}

BOOST_AUTO_TEST_CASE(bare_line_feeds_become_crlf_and_bare_returns_stay) {
  const auto message = parse_message("A: 1\n b\r\n\nx\ny\r\nz\rw");
  BOOST_TEST(Bytes(message.wire()) == Bytes("A: 1\r\n b\r\n\r\nx\r\ny\r\nz\rw"));
}

BOOST_AUTO_TEST_CASE(an_mbox_line_in_front_is_dropped) {
  BOOST_TEST(parse_message("From a@b Mon\nA: 1\n\nx").wire() == "A: 1\r\n\r\nx");
}

BOOST_AUTO_TEST_CASE(the_header_ends_where_an_mta_ends_it) {
  const auto message = parse_message("A: 1\r\nno field\r\nB: 2\r\n\r\nx");
  BOOST_TEST(message.headers.fields().size() == 1U);
  BOOST_TEST(message.body.view() == "no field\r\nB: 2\r\n\r\nx");
}

BOOST_AUTO_TEST_CASE(a_continuation_without_a_field_belongs_to_the_body) {
  BOOST_TEST(parse_message(" A: 1\r\n\r\nx").body.view() == " A: 1\r\n\r\nx");
}

BOOST_AUTO_TEST_CASE(header_only_and_empty_messages_have_an_empty_body) {
  BOOST_TEST(parse_message("A: 1").headers.fields().at(0).value == " 1");
  BOOST_TEST(parse_message("A: 1\r\n").body.view().empty());
  BOOST_TEST(parse_message("").wire() == "\r\n");
}

BOOST_AUTO_TEST_CASE(copies_share_the_body_and_outlive_the_original) {
  pams::Message copy;
  {
    const auto message = parse_message("A: 1\r\n\r\nbody");
    copy = message;
    BOOST_TEST(copy.body.view().data() == message.body.view().data());
  }
  BOOST_TEST(copy.body.view() == "body");
}

BOOST_AUTO_TEST_CASE(nul_bytes_are_bytes_like_others) {
  const std::string eml("A: 1\0 2\r\n\r\nx\0y", 14);
  BOOST_TEST(Bytes(parse_message(eml).wire()) == Bytes(eml));
}

BOOST_AUTO_TEST_SUITE_END()
