#include "milter/relay/dots.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/eml.hpp"

namespace pams::test {
using namespace pams::milter;
using namespace pams::milter::relay;
namespace {

using pams::test::Bytes;

struct Read {
  std::string content;
  std::string after;  ///< what does not belong to the message any more
  bool has_ended = false;
};

Read read_in_pieces(std::string_view bytes, std::size_t size) {
  Read out;
  DotReader reader;
  while (!bytes.empty() && !reader.has_ended()) {
    const auto piece = bytes.substr(0, size);
    const auto used = reader.read(piece, [&](std::string_view content) -> Status {
      out.content += content;
      return {};
    });
    bytes.remove_prefix(used.value());
  }
  out.after = bytes;
  out.has_ended = reader.has_ended();
  return out;
}

void check_read(std::string_view wire, std::string_view content, bool ends, std::string_view after = "") {
  for (const std::size_t size : {1U, 2U, 3U, 1000U}) {
    const auto got = read_in_pieces(wire, size);
    BOOST_TEST(Bytes(got.content) == Bytes(content));
    BOOST_TEST(got.has_ended == ends);
    BOOST_TEST(Bytes(got.after) == Bytes(after));
  }
}

BOOST_AUTO_TEST_SUITE(relay_dots)

BOOST_AUTO_TEST_CASE(a_message_ends_at_a_dot_between_line_ends) {
  check_read("a\r\n.\r\nQUIT\r\n", "a\r\n", true, "QUIT\r\n");
  check_read(".\r\n", "", true);
  check_read("..\r\n.a\r\n.\r\n", ".\r\na\r\n", true);
}

BOOST_AUTO_TEST_CASE(nothing_else_ends_it) {
  for (const std::string_view inside :
       {"a\n.\n", "a\n.\r\n", "a\r.\r\n", "a\r.\r", "a\r\n.\rb", "a\r\n.\n", "a\r\n..\r\n"}) {
    const auto got = read_in_pieces(std::string(inside) + "MAIL FROM:<x@example.com>\r\n", 1000);
    BOOST_TEST(!got.has_ended, inside);
    BOOST_TEST(got.after.empty());
  }
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_again) {
  for (const std::string content :
       {".", "..\r\n.\r\n", "a", "a\r\n", "a\n.\n.b\r\n", "\r\n.\r\n", "", "\r", ".\r\n.", "a\r\n\r\n"}) {
    DotWriter writer;
    std::string wire;
    for (const char c : content) wire += writer.content(std::string_view(&c, 1));
    wire += writer.end();
    const auto got = read_in_pieces(wire, 1000);
    BOOST_TEST(got.has_ended);
    BOOST_TEST(got.after.empty());
    const bool has_line_end = content.empty() || content.ends_with("\r\n");
    if (content.find("\n.") == std::string::npos || content.find("\r\n.") != std::string::npos)
      BOOST_TEST(Bytes(got.content) == Bytes(content + (has_line_end ? "" : "\r\n")));
  }
}

BOOST_AUTO_TEST_CASE(a_dot_after_a_bare_line_feed_ends_nothing_for_anybody) {
  DotWriter writer;
  BOOST_TEST(writer.content("a\n.\nb") == "a\n..\nb");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pams::test
