#include "milter/seal/key_ring.hpp"

#include <filesystem>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/milter/seal/seal_fixture.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace pams;
using namespace pams::milter::seal;
using pams::test::fixed_key;
using pams::test::kThen;
using pams::test::TemporaryDirectory;

namespace {

constexpr auto kSame = static_cast<unsigned>(-1);
const std::string kSecret(64, 'a'), kOther(64, 'B');

std::string write_keys(const TemporaryDirectory& directory, const std::string& content, mode_t mode = 0600) {
  const auto path = directory.write("seal.key", content);
  chmod(path.c_str(), mode);
  return path;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 0777U : 0U;
}

std::size_t files_in(const TemporaryDirectory& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory.path()), {}));
}

/// $CREDENTIALS_DIRECTORY while it lives.
struct Credentials {
  explicit Credentials(const std::string& directory) {
    setenv("CREDENTIALS_DIRECTORY", directory.c_str(), 1);
  }
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;
  ~Credentials() { unsetenv("CREDENTIALS_DIRECTORY"); }
};

void check_misconfigured(const std::string& path, const std::string& says) {
  const auto ring = KeyRing::read(path);
  BOOST_TEST_REQUIRE(!ring.has_value(), says);
  BOOST_TEST((ring.error().failure == Failure::Misconfigured));
  BOOST_TEST(ring.error().what.find(path) != std::string::npos, ring.error().what);
  BOOST_TEST(ring.error().what.find(says) != std::string::npos, ring.error().what);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_ring)

BOOST_AUTO_TEST_CASE(a_key_is_named_without_telling_it) {
  // SHA-256 of "pams-milter seal key" and the bytes 00..1f, calculated elsewhere.
  BOOST_TEST(fixed_key().id() == "e7b8e8762750fad3");
}

BOOST_AUTO_TEST_CASE(the_first_key_seals_and_each_is_found) {
  const TemporaryDirectory directory;
  const auto path = write_keys(directory, "# keys\n\n" + kOther + " 2026-11-27T10:00:00Z # newest\n" +
                                              kSecret + "\t2025-01-01T00:00:00Z\r\n");
  const auto ring = KeyRing::read(path).value();
  BOOST_TEST_REQUIRE(ring.keys().size() == 2U);
  BOOST_TEST(static_cast<int>(ring.current().secret[0]) == 0xBB);
  BOOST_TEST((ring.keys()[1].created == std::chrono::sys_days(std::chrono::January / 1 / 2025)));
  BOOST_TEST(ring.find(ring.keys()[1].id()) == &ring.keys()[1]);
  BOOST_TEST(ring.find("0000000000000000") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_line_that_is_no_key_is_named) {
  const TemporaryDirectory directory;
  const auto good = kSecret + " 2026-11-27T10:00:00Z\n";
  for (const auto& line :
       {kSecret, kSecret.substr(1) + " 2026-11-27T10:00:00Z", kSecret + "a 2026-11-27T10:00:00Z",
        "g" + kSecret.substr(1) + " 2026-11-27T10:00:00Z", kSecret + " 2026-11-27",
        kSecret + " 2026-02-30T10:00:00Z", kSecret + " 2026-11-27T24:00:00Z",
        kSecret + " 2026-11-27T10:00:00Z more", std::string("2026-11-27T10:00:00Z")})
    check_misconfigured(write_keys(directory, "#\n" + kOther + " 2026-11-27T10:00:00Z\n" + line + "\n"),
                        "line 3: ");
  check_misconfigured(write_keys(directory, good + good), "line 2: the same key again");
}

BOOST_AUTO_TEST_CASE(no_error_tells_a_secret) {
  const TemporaryDirectory directory;
  const auto ring = KeyRing::read(write_keys(directory, kSecret + "x 2026-11-27T10:00:00Z\n"));
  BOOST_TEST_REQUIRE(!ring.has_value());
  BOOST_TEST(ring.error().what.find("aaaa") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_without_a_key_or_none_at_all_says_what_makes_one) {
  const TemporaryDirectory directory;
  for (const auto* content : {"", "\n", "# only a comment\n"})
    check_misconfigured(write_keys(directory, content), "pamsctl setup postfix --apply");
  check_misconfigured(directory / "missing", "pamsctl setup postfix --apply");
  check_misconfigured(directory.path(), "is not a file");
  check_misconfigured(write_keys(directory, std::string(70'000, '#')), "larger than 64 KiB");
}

BOOST_AUTO_TEST_CASE(a_file_that_others_can_read_or_write_is_not_believed) {
  const TemporaryDirectory directory;
  for (const mode_t mode : {0604U, 0602U, 0620U, 0660U, 0644U, 0666U})
    check_misconfigured(write_keys(directory, kSecret + " 2026-11-27T10:00:00Z\n", mode), "chmod g-w,o= ");
  for (const mode_t mode : {0600U, 0640U, 0400U, 0440U})
    BOOST_TEST(KeyRing::read(write_keys(directory, kSecret + " 2026-11-27T10:00:00Z\n", mode)).has_value(),
               mode);
}

BOOST_AUTO_TEST_CASE(what_systemd_gives_is_read_in_place_of_the_file) {
  const TemporaryDirectory directory, given;
  const auto path = write_keys(directory, kSecret + " 2026-11-27T10:00:00Z\n");
  const Credentials credentials(given.path());
  BOOST_TEST(static_cast<int>(KeyRing::read(path).value().current().secret[0]) == 0xAA);
  KeyFile file(path);
  BOOST_TEST(static_cast<int>(file.read().value()->current().secret[0]) == 0xAA);
  write_keys(given, kOther + " 2026-11-27T10:00:00Z\n", 0440);
  BOOST_TEST(static_cast<int>(KeyRing::read(path).value().current().secret[0]) == 0xBB);
  BOOST_TEST(static_cast<int>(file.read().value()->current().secret[0]) == 0xBB);
}

BOOST_AUTO_TEST_CASE(a_new_file_holds_a_new_key_and_stays_what_it_is) {
  const TemporaryDirectory directory;
  const auto path = directory / "seal.key";
  const auto ring = ensure_key_file(path, kThen, kSame, kSame).value();
  BOOST_TEST(ring.keys().size() == 1U);
  BOOST_TEST((ring.current().created == kThen));
  BOOST_TEST(mode_of(path) == 0600U);
  BOOST_TEST(ensure_key_file(path, kThen, kSame, kSame).value().current().id() == ring.current().id());
  BOOST_TEST(files_in(directory) == 1U);
  BOOST_TEST(new_key(kThen).id() != new_key(kThen).id());
}

BOOST_AUTO_TEST_CASE(a_bad_file_is_never_made_anew) {
  const TemporaryDirectory directory;
  const auto path = write_keys(directory, "broken\n");
  BOOST_TEST(!ensure_key_file(path, kThen, kSame, kSame).has_value());
  BOOST_TEST(pams::test::read_file(path) == "broken\n");
  std::filesystem::create_symlink(directory / "nowhere", directory / "link");
  BOOST_TEST(!ensure_key_file(directory / "link", kThen, kSame, kSame).has_value());
  BOOST_TEST(!std::filesystem::exists(directory / "nowhere"));
  BOOST_TEST(!ensure_key_file("/nonexistent/seal.key", kThen, kSame, kSame).has_value());
}

BOOST_AUTO_TEST_CASE(two_setups_at_once_make_one_key) {
  for (int round = 0; round < 20; ++round) {
    const TemporaryDirectory directory;
    const auto path = directory / "seal.key";
    std::vector<std::string> ids(4);
    std::vector<std::thread> setups;
    for (auto& id : ids)
      setups.emplace_back([&] { id = ensure_key_file(path, kThen, kSame, kSame).value().current().id(); });
    for (auto& setup : setups) setup.join();
    const auto there = KeyRing::read(path).value().current().id();
    for (const auto& id : ids) BOOST_TEST(id == there);
    BOOST_TEST(files_in(directory) == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_new_key_in_front_leaves_the_old_ones_and_the_files_mode_and_owner) {
  const TemporaryDirectory directory;
  const auto path = directory / "seal.key";
  const auto old = ensure_key_file(path, kThen, kSame, kSame).value();
  chmod(path.c_str(), 0640);
  if (geteuid() == 0) BOOST_TEST_REQUIRE(chown(path.c_str(), 65534, 65534) == 0);
  KeyFile file(path);
  BOOST_TEST(file.read().value()->keys().size() == 1U);
  const KeyRing rotated({new_key(kThen), old.current()});
  BOOST_TEST(replace_key_file(path, rotated).has_value());
  const auto now = file.read().value();
  BOOST_TEST_REQUIRE(now->keys().size() == 2U);
  BOOST_TEST(now->current().id() == rotated.current().id());
  BOOST_TEST(now->find(old.current().id()) != nullptr);
  BOOST_TEST(mode_of(path) == 0640U);
  if (geteuid() == 0) {
    struct stat status {};
    BOOST_TEST_REQUIRE(stat(path.c_str(), &status) == 0);
    BOOST_TEST(status.st_uid == 65534U);
    BOOST_TEST(status.st_gid == 65534U);
  }
  BOOST_TEST(files_in(directory) == 1U);
}

BOOST_AUTO_TEST_CASE(a_link_to_the_file_stays_one) {
  const TemporaryDirectory directory;
  const auto path = directory / "seal.key";
  const auto ring = ensure_key_file(path, kThen, kSame, kSame).value();
  std::filesystem::create_symlink(path, directory / "link");
  BOOST_TEST(replace_key_file(directory / "link", KeyRing({new_key(kThen), ring.current()})).has_value());
  BOOST_TEST(std::filesystem::is_symlink(directory / "link"));
  BOOST_TEST(KeyRing::read(path).value().keys().size() == 2U);
  BOOST_TEST(!replace_key_file(directory / "missing", ring).has_value());
}

BOOST_AUTO_TEST_CASE(a_file_that_did_not_change_is_read_once_and_one_that_broke_is_not_used_on) {
  const TemporaryDirectory directory;
  const auto path = write_keys(directory, kSecret + " 2026-11-27T10:00:00Z\n");
  KeyFile file(path);
  const auto first = file.read().value();
  BOOST_TEST(file.read().value() == first);
  chmod(path.c_str(), 0644);
  BOOST_TEST(!file.read().has_value());
  chmod(path.c_str(), 0600);
  BOOST_TEST(file.read().has_value());
  std::filesystem::remove(path);
  BOOST_TEST(!file.read().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
