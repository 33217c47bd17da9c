// Real and malformed messages that are not part of the project: PAMS_CORPUS names a directory of *.eml files.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <boost/test/unit_test.hpp>

#include "rules/message/charset.hpp"
#include "rules/message/content.hpp"
#include "rules/message/envelope.hpp"
#include "tests/support/mime_check.hpp"

namespace {

/// Calls `check` with the name and bytes of every message; says so when there is none.
template <class Check>
void for_each_message(Check check) {
  const char* directory = std::getenv("PAMS_CORPUS");
  if (directory == nullptr) {
    BOOST_TEST_MESSAGE("skipped: PAMS_CORPUS is not set");
    return;
  }
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.path().extension() != ".eml") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string eml(std::istreambuf_iterator<char>(in), {});
    BOOST_TEST_CONTEXT(entry.path().string()) { check(eml); }
    ++count;
  }
  BOOST_TEST_MESSAGE(count << " messages of " << directory);
  BOOST_TEST(count > 0U);
}

bool is_utf8(const std::string& text) { return pams::repair_utf8(text) == text; }

}  // namespace

BOOST_AUTO_TEST_SUITE(corpus)

BOOST_AUTO_TEST_CASE(the_parts_of_every_message_tile_its_body) {
  for_each_message([](const std::string& eml) {
    const auto message = pams::parse_message(eml);
    const auto map = pams::map_mime(message, {});
    if (map) BOOST_TEST(pams::test::tiling_fault(*map, message.body.view()) == "");
  });
}

BOOST_AUTO_TEST_CASE(a_message_that_was_read_once_is_written_as_it_was_read) {
  for_each_message([](const std::string& eml) {
    const auto wire = pams::parse_message(eml).wire();
    BOOST_TEST((pams::parse_message(wire).wire() == wire));
  });
}

BOOST_AUTO_TEST_CASE(every_decoded_view_is_well_formed_utf8) {
  for_each_message([](const std::string& eml) {
    const auto message = pams::parse_message(eml);
    for (const auto& field : message.headers.fields()) {
      BOOST_TEST(is_utf8(field.decoded()));
      BOOST_TEST(pams::addresses_in(field.unfolded()).size() <= 1000U);
    }
    const auto map = pams::map_mime(message, {});
    if (!map) return;
    BOOST_TEST(is_utf8(pams::body_text(*map, message.body.view(), 1U << 20U).text));
    for (const auto& attachment : pams::attachments(*map, message.body.view())) {
      BOOST_TEST(is_utf8(attachment.filename));
      BOOST_TEST(attachment.size <= message.body.view().size());
    }
  });
}

BOOST_AUTO_TEST_SUITE_END()
