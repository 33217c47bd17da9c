// Why what others wrote is read, and kept, by code of our own: what GMime 3.2.13 (Debian 12) loses, changes
// or does not survive. Where a case fails because a newer GMime does as well, our own code may go.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <boost/test/unit_test.hpp>
#include <gmime/gmime.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rules/base/c_ptr.hpp"
#include "rules/base/g_ref.hpp"
#include "rules/base/text.hpp"
#include "rules/message/charset_label.hpp"
#include "rules/message/content.hpp"
#include "rules/message/encoded_word.hpp"
#include "rules/message/envelope.hpp"
#include "rules/message/structured_value.hpp"
#include "rules/message/transfer_encoding.hpp"
#include "tests/support/eml.hpp"

using namespace pams;
using pams::test::Bytes;

namespace {

struct GMime {
  GMime() { g_mime_init(); }
};

std::string gmime_words(const std::string& value) {
  return GChars(g_mime_utils_header_decode_text(nullptr, value.c_str())).get();
}

std::string gmime_parameter(const char* value, const char* name) {
  const auto type = GRef<GMimeContentType>::adopt(g_mime_content_type_parse(nullptr, value));
  const auto* found = g_mime_content_type_get_parameter(type.get(), name);
  return found == nullptr ? "" : found;
}

std::string gmime_decoded(GMimeContentEncoding encoding, std::string_view bytes) {
  GMimeEncoding state;
  g_mime_encoding_init_decode(&state, encoding);
  std::string out(g_mime_encoding_outlen(&state, bytes.size()) + 16, '\0');
  out.resize(g_mime_encoding_flush(&state, bytes.data(), bytes.size(), out.data()));
  return out;
}

std::string gmime_base64(std::string_view bytes) {
  return gmime_decoded(GMIME_CONTENT_ENCODING_BASE64, bytes);
}

std::string gmime_quoted_printable(std::string_view bytes) {
  return gmime_decoded(GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, bytes);
}

/// What GMime writes of a message that it has parsed.
std::string gmime_written_again(const std::string& eml) {
  const auto in = GRef<GMimeStream>::adopt(g_mime_stream_mem_new_with_buffer(eml.data(), eml.size()));
  const auto parser = GRef<GMimeParser>::adopt(g_mime_parser_new_with_stream(in.get()));
  const auto message = GRef<GMimeMessage>::adopt(g_mime_parser_construct_message(parser.get(), nullptr));
  const auto out = GRef<GMimeStream>::adopt(g_mime_stream_mem_new());
  g_mime_object_write_to_stream(GMIME_OBJECT(message.get()), nullptr, out.get());
  const auto* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out.get()));
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

/// Whether a process with 1 MiB of stack is alive after `read`.
template <class Read>
bool survives(Read read) {
  const auto child = ::fork();
  if (child == 0) {
    const rlimit stack{1U << 20U, 1U << 20U}, none{0, 0};
    ::setrlimit(RLIMIT_STACK, &stack);
    ::setrlimit(RLIMIT_CORE, &none);
    ::signal(SIGSEGV, SIG_DFL);
    read();
    ::_exit(0);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  return status == 0;
}

std::string without_blanks_at_line_ends(std::string_view text) {
  std::string out;
  for (const auto line : text::split(text, '\n')) out.append(text::trim_right(line)) += '\n';
  return out;
}

/// Every *.eml below tests/golden and PAMS_CORPUS.
template <class Check>
void for_each_part(Check check) {
  std::vector<std::filesystem::path> directories{std::filesystem::path(PAMS_TESTS_DIR) / "golden"};
  if (const char* corpus = std::getenv("PAMS_CORPUS")) directories.emplace_back(corpus);
  for (const auto& directory : directories)
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (entry.path().extension() != ".eml") continue;
      std::ifstream in(entry.path(), std::ios::binary);
      const auto message = parse_message(std::string(std::istreambuf_iterator<char>(in), {}));
      const auto map = map_mime(message, {});
      if (!map) continue;
      for (const auto& part : map->parts)
        if (part.is_leaf()) BOOST_TEST_CONTEXT(entry.path().string()) {
            check(part, message.body.view().substr(part.content.begin, part.content.size()));
          }
    }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(gmime_differences, GMime)

BOOST_AUTO_TEST_CASE(encoded_words_without_padding_lose_text_in_gmime) {
  BOOST_TEST(decode_words("=?utf-8?B?cHVibGlj?= =?utf-8?B?w6k?=") == "public\xC3\xA9");
  BOOST_TEST(gmime_words("=?utf-8?B?cHVibGlj?= =?utf-8?B?w6k?=") == "public");
  BOOST_TEST(decode_words("=?utf-8?B?w6k?= =?utf-8?B?c2VjcmV0?=") == "\xC3\xA9secret");
  BOOST_TEST(gmime_words("=?utf-8?B?w6k?= =?utf-8?B?c2VjcmV0?=") != "\xC3\xA9secret");
}

BOOST_AUTO_TEST_CASE(text_that_looks_like_an_encoded_word_is_decoded_by_gmime_when_it_should_be_encoded) {
  const std::string text = "=?utf-8?q?not_a_word?=";
  const GChars theirs(g_mime_utils_header_encode_text(nullptr, text.c_str(), "utf-8"));
  BOOST_TEST(decode_words(theirs.get()) == "not a word");
  BOOST_TEST(decode_words(make_header_value(text)) == " " + text);
}

BOOST_AUTO_TEST_CASE(a_character_cut_between_two_encodings_is_lost_in_gmime) {
  BOOST_TEST(decode_words("=?utf-8?B?ww==?= =?utf-8?Q?=A9?=") == "\xC3\xA9");
  BOOST_TEST(gmime_words("=?utf-8?B?ww==?= =?utf-8?Q?=A9?=") == "??");
}

BOOST_AUTO_TEST_CASE(gmime_keeps_every_charset_name_that_a_sender_makes_up) {
  const auto* kept = g_mime_charset_iconv_name("x-made-up-1");
  BOOST_TEST(static_cast<const void*>(kept) ==
             static_cast<const void*>(g_mime_charset_iconv_name("x-made-up-1")));
  BOOST_TEST(charset_names("x-made-up-1").reading == "");
}

BOOST_AUTO_TEST_CASE(parameters_behind_damage_are_lost_in_gmime) {
  for (const auto* value : {"m/x; boundary=\"a\" trash; x=y", "m/x;;; =; boundary; x = y ;"}) {
    BOOST_TEST(StructuredValue(value).get("x") == "y");
    BOOST_TEST(gmime_parameter(value, "x") == "");
  }
  BOOST_TEST(StructuredValue("m/x; boundary=\"open").get("boundary") == "open");
  BOOST_TEST(gmime_parameter("m/x; boundary=\"open", "boundary") == "\"open");
  BOOST_TEST(decode_words(StructuredValue("a/b; name=\"=?utf-8?B?w6k?=.txt\"").get("name")) ==
             "\xC3\xA9.txt");
  BOOST_TEST(gmime_parameter("a/b; name=\"=?utf-8?B?w6k?=.txt\"", "name") == ".txt");
}

BOOST_AUTO_TEST_CASE(gmime_does_not_tell_that_two_boundaries_contradict) {
  constexpr auto* kTwo = "m/x; boundary=a; boundary*=us-ascii''b";
  BOOST_TEST(StructuredValue(kTwo).is_contradictory("boundary"));
  BOOST_TEST(gmime_parameter(kTwo, "boundary") == "a");
}

BOOST_AUTO_TEST_CASE(base64_without_padding_or_behind_it_is_lost_in_gmime) {
  BOOST_TEST(decode_base64("QUJDRA") == "ABCD");
  BOOST_TEST(gmime_base64("QUJDRA") == "ABC");
  BOOST_TEST(decode_base64("QUI=\r\nc2VjcmV0") == "ABsecret");
  BOOST_TEST(gmime_base64("QUI=\r\nc2VjcmV0") == "AB");
}

BOOST_AUTO_TEST_CASE(quoted_printable_that_is_cut_off_is_lost_and_padding_kept_in_gmime) {
  BOOST_TEST(decode_quoted_printable("1 + 1 =2") == "1 + 1 =2");
  BOOST_TEST(gmime_quoted_printable("1 + 1 =2") == "1 + 1 ");
  BOOST_TEST(decode_quoted_printable("soft= \r\nbreak  \r\n") == "softbreak\r\n");  // RFC 2045 6.7 rule 3
  BOOST_TEST(gmime_quoted_printable("soft= \r\nbreak  \r\n") == "soft= \r\nbreak  \r\n");
}

BOOST_AUTO_TEST_CASE(nothing_that_gmime_decodes_is_missing_here) {
  std::size_t count = 0;
  for_each_part([&](const MimePart& part, std::string_view raw) {
    if (part.encoding == "base64") BOOST_TEST(decode_base64(raw).starts_with(gmime_base64(raw)));
    if (part.encoding == "quoted-printable" && !raw.ends_with("="))
      BOOST_TEST((without_blanks_at_line_ends(decode_quoted_printable(raw)) ==
                  without_blanks_at_line_ends(gmime_quoted_printable(raw))));
    ++count;
  });
  BOOST_TEST(count > 10U);
}

BOOST_AUTO_TEST_CASE(nested_address_groups_end_gmime) {
  std::string groups;
  for (int i = 0; i < 40'000; ++i) groups += "g:";
  BOOST_TEST(!survives([&] { internet_address_list_parse(nullptr, groups.c_str()); }));
  BOOST_TEST(survives([&] { addresses_in(groups); }));
  BOOST_TEST(survives([&] { internet_address_list_parse(nullptr, "a@example.org"); }));
}

BOOST_AUTO_TEST_CASE(gmime_does_not_write_a_message_as_it_read_it) {
  for (const std::string original :
       {"Subject:x\r\n\tfolded \r\n\r\nbody\r\n", "Subject: x\r\nno field\r\n\r\nbody\r\n"})
    BOOST_TEST(Bytes(gmime_written_again(original)) != Bytes(original));
}

BOOST_AUTO_TEST_SUITE_END()
