#include "milter/base/draft_file.hpp"

#include <cerrno>
#include <filesystem>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/fd.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace pams::milter;

namespace {

struct Place {
  pams::test::TemporaryFolder folder;
  Fd directory{open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  Owner owner{geteuid(), getegid(), 0640};

  std::string read(const std::string& name) const { return pams::test::read_file(folder / name); }
  bool has(const std::string& name) const { return std::filesystem::exists(folder / name); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(draft_file, Place)

BOOST_AUTO_TEST_CASE(what_is_renamed_takes_the_place_with_its_mode) {
  folder.write("main.cf", "old");
  DraftFile draft(directory.get(), "main.cf.new");
  BOOST_TEST_REQUIRE(draft.write("new", owner).has_value());
  BOOST_TEST(read("main.cf") == "old");
  BOOST_TEST(draft.rename("main.cf"));
  BOOST_TEST(read("main.cf") == "new");
  struct stat status {};
  BOOST_TEST_REQUIRE(stat((folder / "main.cf").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777U) == 0640U);
  BOOST_TEST(!has("main.cf.new"));
}

BOOST_AUTO_TEST_CASE(a_draft_that_gets_no_name_goes_away) {
  {
    DraftFile draft(directory.get(), "draft");
    BOOST_TEST_REQUIRE(draft.write("x", owner).has_value());
    BOOST_TEST(has("draft"));
  }
  BOOST_TEST(!has("draft"));
}

BOOST_AUTO_TEST_CASE(a_link_replaces_nothing) {
  folder.write("key", "first");
  DraftFile draft(directory.get(), "draft");
  BOOST_TEST_REQUIRE(draft.write("second", owner).has_value());
  const bool linked = draft.link("key");
  const int error = errno;
  BOOST_TEST(!linked);
  BOOST_TEST(error == EEXIST);
  BOOST_TEST(read("key") == "first");
}

BOOST_AUTO_TEST_CASE(a_link_that_somebody_planted_is_not_followed) {
  folder.write("victim", "untouched");
  std::filesystem::create_symlink(folder / "victim", folder / "draft");
  {
    DraftFile draft(directory.get(), "draft");
    BOOST_TEST(!draft.write("x", owner).has_value());
  }
  BOOST_TEST(read("victim") == "untouched");
  BOOST_TEST(has("draft"));
}

BOOST_AUTO_TEST_SUITE_END()
