// GMime as an independent reader: on well-formed messages both must see the same parts with the same bytes in
// them.
#include <map>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <gmime/gmime.h>

#include "rules/base/c_ptr.hpp"
#include "rules/base/g_ref.hpp"
#include "rules/base/text.hpp"
#include "rules/message/content.hpp"
#include "tests/support/eml.hpp"

using namespace pams;

namespace {

struct Leaf {
  std::string type;
  std::string content;
  bool operator==(const Leaf&) const = default;
};

std::string decoded(GMimePart* part) {
  const auto memory = GRef<GMimeStream>::adopt(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(part), memory.get());
  const auto* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory.get()));
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

void collect(GMimeObject*, GMimeObject* object, void* leaves) {
  if (!GMIME_IS_PART(object)) return;
  const auto* type = g_mime_object_get_content_type(object);
  const GChars name(g_mime_content_type_get_mime_type(const_cast<GMimeContentType*>(type)));
  static_cast<std::vector<Leaf>*>(leaves)->push_back(
      {text::to_lower(name.get()), decoded(GMIME_PART(object))});
}

std::vector<Leaf> as_gmime_reads(const std::string& wire) {
  g_mime_init();
  const auto stream = GRef<GMimeStream>::adopt(g_mime_stream_mem_new_with_buffer(wire.data(), wire.size()));
  const auto parser = GRef<GMimeParser>::adopt(g_mime_parser_new_with_stream(stream.get()));
  const auto message = GRef<GMimeMessage>::adopt(g_mime_parser_construct_message(parser.get(), nullptr));
  std::vector<Leaf> leaves;
  if (GMIME_IS_PART(g_mime_message_get_mime_part(message.get())))
    collect(nullptr, g_mime_message_get_mime_part(message.get()), &leaves);
  else
    g_mime_message_foreach(message.get(), collect, &leaves);
  return leaves;
}

std::vector<Leaf> as_we_read(const std::string& wire) {
  const auto message = parse_message(wire);
  const auto map = map_mime(message, MimeLimits{}).value();
  std::vector<Leaf> leaves;
  for (const auto& part : map.parts)
    if (part.is_leaf()) leaves.push_back({part.type, decode_content(part, message.body.view())});
  return leaves;
}

constexpr const char* kMessages[] = {
    "Subject: plain\n\nHello\n",
    "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
    "Caf=C3=A9 =\nsoft\nlast=20\n",
    "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"o\"\n\npreamble\n--o\n"
    "Content-Type: multipart/alternative; boundary=\"o i\"\n\n--o i\n\nDefault text\n--o i  \n"
    "Content-Type: text/html\nContent-Transfer-Encoding: base64\n\nPGI+SGk8L2I+\n--o i--\nepilogue\n--o\n"
    "Content-Type: application/octet-stream; name=\"a;b\"\nContent-Transfer-Encoding: base64\n\nAAECAwQ=\n--o--\ntail\n",
};

}  // namespace

BOOST_AUTO_TEST_SUITE(gmime)

BOOST_AUTO_TEST_CASE(an_independent_reader_sees_the_same_parts_with_the_same_content) {
  for (const auto* message : kMessages) {
    const auto wire = text::replace_all(message, "\n", "\r\n");
    const auto ours = as_we_read(wire);
    const auto theirs = as_gmime_reads(wire);
    BOOST_TEST_REQUIRE(ours.size() == theirs.size(), message);
    for (std::size_t i = 0; i < ours.size(); ++i) {
      BOOST_TEST(ours[i].type == theirs[i].type);
      BOOST_TEST(ours[i].content == theirs[i].content);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
