/// The ZIP file that an export gives: whole and readable by others, or an error.
#include "milter/archive/zip_writer.hpp"

#include <cstdlib>

#include <boost/test/unit_test.hpp>

#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace pams;
using namespace pams::milter;

namespace {

constexpr std::chrono::sys_seconds kTime{std::chrono::seconds(1'767'225'600)};  // 2026-01-01T00:00:00Z

/// A sink whose call number `fail_at` (from 1; 0: none) finds the output full.
struct Output {
  unsigned fail_at = 0;
  unsigned calls = 0;
  std::string bytes = {};

  Sink sink() {
    return [this](std::string_view piece) -> Status {
      if (++calls == fail_at) return fail(Failure::Temporary, "the disk is full");
      bytes += piece;
      return {};
    };
  }
};

/// Bytes that no compression makes shorter.
std::string noise(std::size_t size) {
  std::string out;
  for (std::uint32_t state = 1; out.size() < size; state = state * 1664525U + 1013904223U)
    out += static_cast<char>(state >> 24U);
  return out;
}

Status write_zip(Output& output) {
  milter::archive::ZipWriter zip(output.sink());
  return zip.add("a.eml", "Subject: a\r\n\r\nbare\nline\r\n", kTime)
      .and_then([&] { return zip.add("directory/été.eml", noise(300'000), kTime); })
      .and_then([&] { return zip.add("empty", "", kTime); })
      .and_then([&] { return zip.finish(); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(zip_writer)

BOOST_AUTO_TEST_CASE(another_program_reads_every_entry_with_its_name_in_utf8) {
  Output output;
  BOOST_TEST_REQUIRE(write_zip(output).has_value());
  const pams::test::TemporaryDirectory directory;
  pams::test::write_file(directory / "out.zip", output.bytes);
  pams::test::write_file(
      directory / "look.py",
      "import sys, zipfile\n"
      "z = zipfile.ZipFile(sys.argv[1])\n"
      "assert z.testzip() is None\n"
      "assert z.namelist() == ['a.eml', 'directory/\\u00e9t\\u00e9.eml', 'empty'], z.namelist()\n"
      "assert z.read('a.eml') == b'Subject: a\\r\\n\\r\\nbare\\nline\\r\\n'\n"
      "assert z.getinfo(z.namelist()[1]).file_size == 300000 and z.read('empty') == b''\n"
      "assert z.getinfo('a.eml').date_time[0] in (2025, 2026)\n");  // local time
  BOOST_TEST(std::system(("python3 " + (directory / "look.py") + " " + (directory / "out.zip")).c_str()) ==
             0);
}

BOOST_AUTO_TEST_CASE(the_same_entries_give_the_same_bytes) {
  Output first, second;
  BOOST_TEST_REQUIRE(write_zip(first).has_value());
  BOOST_TEST_REQUIRE(write_zip(second).has_value());
  BOOST_TEST((first.bytes == second.bytes));
}

BOOST_AUTO_TEST_CASE(an_entry_is_not_kept_until_the_end) {
  Output output;
  milter::archive::ZipWriter zip(output.sink());
  BOOST_TEST_REQUIRE(zip.add("a", noise(300'000), kTime).has_value());
  BOOST_TEST(output.bytes.size() > 200'000U);
}

BOOST_AUTO_TEST_CASE(a_write_that_fails_is_the_result_and_nothing_is_written_after_it) {
  for (unsigned call = 1;; ++call) {
    Output output{.fail_at = call};
    const auto done = write_zip(output);
    if (output.calls < call) break;
    BOOST_TEST_REQUIRE(!done.has_value());
    BOOST_TEST(done.error().what == "the disk is full");
    BOOST_TEST(output.calls == call);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_given_up_gets_no_end) {
  Output output;
  {
    milter::archive::ZipWriter zip(output.sink());
    BOOST_TEST_REQUIRE(zip.add("a", noise(300'000), kTime).has_value());
  }
  BOOST_TEST(output.bytes.find("PK\x05\x06") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
