#include "milter/base/draft_file.hpp"

#include <cerrno>
#include <filesystem>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/fd.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace pams::milter;

namespace {

struct Place {
  pams::test::TemporaryDirectory directory;
  Fd descriptor{open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  Owner owner{geteuid(), getegid(), 0640};

  std::string read(const std::string& name) const { return pams::test::read_file(directory / name); }
  bool has(const std::string& name) const { return std::filesystem::exists(directory / name); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(draft_file, Place)

BOOST_AUTO_TEST_CASE(what_is_renamed_takes_the_place_with_its_mode) {
  directory.write("main.cf", "old");
  DraftFile draft(descriptor.get(), "main.cf.new");
  BOOST_TEST_REQUIRE(draft.write("new", owner).has_value());
  BOOST_TEST(read("main.cf") == "old");
  BOOST_TEST(draft.rename("main.cf"));
  BOOST_TEST(read("main.cf") == "new");
  struct stat status {};
  BOOST_TEST_REQUIRE(stat((directory / "main.cf").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777U) == 0640U);
  BOOST_TEST(!has("main.cf.new"));
}

BOOST_AUTO_TEST_CASE(a_draft_that_gets_no_name_goes_away) {
  {
    DraftFile draft(descriptor.get(), "draft");
    BOOST_TEST_REQUIRE(draft.write("x", owner).has_value());
    BOOST_TEST(has("draft"));
  }
  BOOST_TEST(!has("draft"));
}

BOOST_AUTO_TEST_CASE(a_link_replaces_nothing) {
  directory.write("key", "first");
  DraftFile draft(descriptor.get(), "draft");
  BOOST_TEST_REQUIRE(draft.write("second", owner).has_value());
  const bool linked = draft.link("key");
  const int error = errno;
  BOOST_TEST(!linked);
  BOOST_TEST(error == EEXIST);
  BOOST_TEST(read("key") == "first");
}

BOOST_AUTO_TEST_CASE(a_link_that_somebody_planted_is_not_followed) {
  directory.write("victim", "untouched");
  std::filesystem::create_symlink(directory / "victim", directory / "draft");
  {
    DraftFile draft(descriptor.get(), "draft");
    BOOST_TEST(!draft.write("x", owner).has_value());
  }
  BOOST_TEST(read("victim") == "untouched");
  BOOST_TEST(has("draft"));
}

BOOST_AUTO_TEST_SUITE_END()
