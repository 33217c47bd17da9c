#include "milter/base/path_access.hpp"

#include <filesystem>

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/as_user.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace pams;
using namespace pams::milter;

namespace {

struct Nobody {
  const test::TemporaryDirectory directory;
  Nobody() { ::chmod(directory.path().c_str(), 0755); }

  /// "problem|remedy", as that user sees it.
  std::string seen(std::optional<Obstacle> (*look)(const std::string&), const std::string& path) const {
    return test::as_user("nobody", [&] {
      const auto obstacle = look(path);
      return obstacle ? obstacle->problem + "|" + obstacle->remedy : "";
    });
  }
};

boost::test_tools::assertion_result is_root(boost::unit_test::test_unit_id) { return geteuid() == 0; }

}  // namespace

BOOST_AUTO_TEST_SUITE(path_access, *boost::unit_test::precondition(is_root))

BOOST_FIXTURE_TEST_CASE(the_directory_that_bars_the_way_is_named, Nobody) {
  const auto barred = directory / "barred";
  std::filesystem::create_directories(barred + "/deep/er");
  ::chmod(barred.c_str(), 0700);
  const auto expected = "user nobody cannot enter " + barred + " (root:root, mode 0700)|chgrp nogroup " +
                        barred + " && chmod g+x " + barred;
  BOOST_TEST(seen(obstacle_to_writing_in, barred + "/deep/er") == expected);
  BOOST_TEST(seen(obstacle_to_reading, barred + "/deep/file") == expected);
  BOOST_TEST(seen(obstacle_to_changing, barred + "/deep/file") == expected);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_there_and_what_is_somebody_elses_is_named, Nobody) {
  const auto missing = directory / "missing";
  BOOST_TEST(seen(obstacle_to_writing_in, missing).starts_with(missing + " is not there|install -d "));
  BOOST_TEST(seen(obstacle_to_writing_in, directory.path())
                 .starts_with("user nobody cannot write in " + directory.path() +
                              " (root:root, mode 0755)|chown nobody "));
  const auto file = directory.write("file", "x");
  ::chmod(file.c_str(), 0600);
  BOOST_TEST(seen(obstacle_to_reading, file) == "user nobody cannot read " + file +
                                                    " (root:root, mode 0600)|chgrp nogroup " + file +
                                                    " && chmod g+r " + file);
  BOOST_TEST(seen(obstacle_to_reading, file + "/below").find("Not a directory") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(what_can_be_used_has_no_obstacle, Nobody) {
  const auto file = directory.write("file", "x");
  ::chmod(file.c_str(), 0666);
  ::chmod(directory.path().c_str(), 0777);
  BOOST_TEST(seen(obstacle_to_reading, file) == "");
  BOOST_TEST(seen(obstacle_to_changing, file) == "");
  BOOST_TEST(seen(obstacle_to_writing_in, directory.path()) == "");
}

BOOST_AUTO_TEST_SUITE_END()
