#include "milter/archive/directory_archive.hpp"

#include <algorithm>
#include <set>
#include <thread>

#include <sys/stat.h>

#include "tests/milter/archive/archive_fixture.hpp"
#include "tests/support/faulty_disk.hpp"
#include "tests/support/faulty_sqlite.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat status {};
  BOOST_REQUIRE_EQUAL(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777U;
}

std::size_t objects_in(const ArchiveFixture& fixture) {
  const std::filesystem::recursive_directory_iterator all(fixture.settings.path + "/objects"), end;
  return static_cast<std::size_t>(
      std::count_if(all, end, [](const auto& entry) { return entry.is_regular_file(); }));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(directory_archive, ArchiveFixture)

BOOST_AUTO_TEST_CASE(a_record_holds_the_exact_bytes_and_the_circumstances) {
  const auto id = keep(kOffer);
  const auto all = rows();
  BOOST_REQUIRE_EQUAL(all.size(), 1U);
  const auto& row = all.front();
  BOOST_TEST(row.id == id);
  BOOST_TEST(row.number == 1);
  BOOST_TEST(row.message_id == "<1@example.org>");
  BOOST_TEST(row.queue_id == "4Zq1");
  BOOST_TEST(row.sender == "ann@example.org");
  BOOST_TEST(row.recipients == (std::vector<std::string>{"bob@example.net", "eve@example.com"}),
             boost::test_tools::per_element());
  BOOST_TEST(row.subject == "offer");
  BOOST_TEST(row.size == static_cast<std::int64_t>(kOffer.size()));
  BOOST_TEST(row.rules == std::vector<std::string>{"Keep all"}, boost::test_tools::per_element());
  BOOST_TEST(row.connector == "Zivver");
  BOOST_TEST((row.time == time));
  archive::ObjectStore objects(settings.path, std::make_shared<Disk>());
  BOOST_TEST(objects.load(row.sent, kOffer.size()).value() == kOffer);
  BOOST_TEST(verify().is_good());
}

BOOST_AUTO_TEST_CASE(both_versions_are_kept_and_once_when_they_are_equal) {
  archive::DirectoryArchive archive(settings);
  const auto received = message(kOffer);
  const auto sent = message(kOffer + " -- disclaimer");
  const Envelope envelope{"a@x", {"b@y"}};
  BOOST_TEST(archive.commit({received, envelope, "1", "", {}, time, &received}).has_value());
  BOOST_TEST(objects_in(*this) == 1U);
  BOOST_TEST(
      archive.commit({sent, envelope, "2", "", {}, time, &received, {"replace-body 99 bytes"}}).has_value());
  BOOST_TEST(objects_in(*this) == 2U);
  const auto all = rows();
  BOOST_REQUIRE_EQUAL(all.size(), 2U);
  BOOST_TEST(all[0].sent == all[0].received);
  BOOST_TEST(all[1].received == all[0].received);
  BOOST_TEST(all[1].sent != all[1].received);
  BOOST_TEST(all[1].actions.at(0) == "replace-body 99 bytes");
}

BOOST_AUTO_TEST_CASE(only_the_owner_can_read_what_is_kept) {
  keep(kOffer);
  BOOST_TEST(mode_of(settings.path) == 0700U);
  BOOST_TEST(mode_of(path_of(rows().front().sent)) == 0600U);
}

BOOST_AUTO_TEST_CASE(a_retry_is_known_by_content_and_envelope_not_by_message_id) {
  archive::DirectoryArchive archive(settings);
  const auto first = keep(archive, kOffer);
  BOOST_TEST(keep(archive, kOffer, {"ann@EXAMPLE.org", {"eve@Example.com", "bob@example.net"}}) == first);
  BOOST_TEST(keep(archive, kOffer + "!") != first);  // the same Message-ID
  BOOST_TEST(keep(archive, kOffer, {"ann@example.org", {"bob@example.net"}}) != first);
  BOOST_TEST(keep(archive, kOffer, {"Ann@example.org", {"bob@example.net", "eve@example.com"}}) != first);
  BOOST_TEST(rows().size() == 4U);
  BOOST_TEST(objects_in(*this) == 2U);
}

BOOST_AUTO_TEST_CASE(a_damaged_object_is_replaced_when_its_message_comes_again) {
  keep(kOffer);
  const auto path = path_of(rows().front().sent);
  pams::test::write_file(path, "rust");
  BOOST_TEST(!verify().is_good());
  keep(kOffer);
  BOOST_TEST(verify().is_good());
}

/// Whatever call fails, with whatever error: no receipt, or a whole record; and the next try succeeds.
BOOST_AUTO_TEST_CASE(every_single_failing_disk_call_gives_no_receipt_and_a_retry_succeeds) {
  const auto sent = message(kOffer);
  const auto received = message(mail(1));
  const archive::ArchiveRecord record{sent, {"a@x", {"b@y"}}, "1", "", {}, time, &received};
  for (const int error : {ENOSPC, EIO, EACCES}) {
    unsigned call = 1;
    for (bool clean = false; !clean; ++call) {
      const ArchiveFixture fresh;
      const auto disk = std::make_shared<FaultyDisk>();
      archive::DirectoryArchive archive(fresh.settings, disk);
      disk->fail_at(call, error);
      const auto stored = archive.commit(record);
      clean = !disk->has_failed();
      disk->fail_at(0, 0);
      BOOST_TEST_CONTEXT("call " << call << ", error " << error) {
        if (clean) BOOST_TEST(stored.has_value());
        if (!stored)
          BOOST_TEST(
              (stored.error().failure == (error == EACCES ? Failure::Misconfigured : Failure::Temporary)),
              stored.error().what);
        if (stored) BOOST_TEST(fresh.rows().size() == 1U);
        const auto retried = archive.commit(record);
        BOOST_REQUIRE(retried.has_value());
        BOOST_TEST(fresh.rows().size() == 1U);
        const auto verified = fresh.verify();
        BOOST_TEST(verified.is_good(), (verified.is_good() ? "" : verified.problems.front().what));
      }
    }
    BOOST_TEST(call > 30U);  // it did fail many times before a run passed clean
  }
}

/// The same for the calls of SQLite itself: writes, syncs and the log's growth.
BOOST_AUTO_TEST_CASE(every_single_failing_call_of_the_database_gives_no_receipt_and_a_retry_succeeds) {
  const auto sent = message(kOffer);
  const archive::ArchiveRecord record{sent, {"a@x", {"b@y"}}, "1", "", {}, time};
  FaultySqlite faults;
  for (const int error : {FaultySqlite::kFull, FaultySqlite::kWriteError}) {
    unsigned call = 1;
    for (bool clean = false; !clean; ++call) {
      const ArchiveFixture fresh;
      archive::DirectoryArchive archive(fresh.settings);
      faults.fail_at(call, error);
      const auto stored = archive.commit(record);
      clean = !faults.has_failed();
      faults.fail_at(0, 0);
      BOOST_TEST_CONTEXT("call " << call << ", error " << error) {
        if (clean) BOOST_TEST(stored.has_value());
        if (!stored) BOOST_TEST((stored.error().failure == Failure::Temporary), stored.error().what);
        if (stored) BOOST_TEST(fresh.rows().size() == 1U);
        BOOST_REQUIRE(archive.commit(record).has_value());
        BOOST_TEST(fresh.rows().size() == 1U);
        const auto verified = fresh.verify();
        BOOST_TEST(verified.is_good(), (verified.is_good() ? "" : verified.problems.front().what));
      }
    }
    BOOST_TEST(call > 10U);
  }
}

BOOST_AUTO_TEST_CASE(many_threads_may_commit_the_same_and_other_records) {
  archive::DirectoryArchive archive(settings);
  archive::DirectoryArchive after_reload(settings);
  std::vector<std::string> ids(16);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < ids.size(); ++i)
    threads.emplace_back([&, i] {
      for (int n = 0; n < 5; ++n)
        ids[i] = keep(i % 2 == 0 ? archive : after_reload, kOffer,
                      {"ann@example.org", {std::to_string(i % 4) + "@example.net"}});
    });
  for (auto& thread : threads) thread.join();
  BOOST_TEST(rows().size() == 4U);
  BOOST_TEST(std::set<std::string>(ids.begin(), ids.end()).size() == 4U);
  const auto verified = verify();
  BOOST_TEST(verified.is_good());
  BOOST_TEST(verified.unnamed_objects == 0);
}

BOOST_AUTO_TEST_CASE(what_a_crash_left_behind_harms_nobody) {
  keep(kOffer);
  pams::test::write_file(settings.path + "/objects/0123.tmp", "half");
  pams::test::write_file(settings.path + "/head.tmp", "half");
  keep(mail(2));
  const auto verified = verify();
  BOOST_TEST(verified.is_good());
  BOOST_TEST(verified.unnamed_objects == 1);
}

BOOST_AUTO_TEST_CASE(a_planted_link_is_not_followed) {
  keep(kOffer);
  const auto object = rows().front().sent;
  std::filesystem::remove_all(settings.path + "/objects");
  std::filesystem::create_directory(settings.path + "/objects");
  std::filesystem::create_directory(directory / "elsewhere");
  std::filesystem::create_directory_symlink(directory / "elsewhere",
                                            settings.path + "/objects/" + object.substr(0, 2));
  archive::DirectoryArchive archive(settings);
  const auto again = message(kOffer);
  const auto stored = archive.commit({again, {"a@x", {"b@y"}}, "", "", {}, time});
  BOOST_REQUIRE(!stored);
  BOOST_TEST((stored.error().failure == Failure::Misconfigured));
  BOOST_TEST(std::filesystem::is_empty(directory / "elsewhere"));
}

BOOST_AUTO_TEST_CASE(a_missing_place_is_the_postmasters_to_mend_and_is_not_made) {
  settings.path = directory / "not-mounted/archive";
  archive::DirectoryArchive archive(settings);
  const auto checked = archive.check();
  BOOST_REQUIRE(!checked);
  BOOST_TEST((checked.error().failure == Failure::Misconfigured));
  BOOST_TEST(!std::filesystem::exists(directory / "not-mounted"));
  std::filesystem::create_directory(directory / "not-mounted");
  BOOST_TEST(!keep(archive, kOffer).empty());  // fixed without a restart
}

BOOST_AUTO_TEST_CASE(a_file_in_the_place_of_the_directory_is_named) {
  pams::test::write_file(settings.path, "x");
  const auto tried = archive::DirectoryArchive(settings).check();
  BOOST_REQUIRE(!tried);
  BOOST_TEST((tried.error().failure == Failure::Misconfigured));
  BOOST_TEST(tried.error().what.find(settings.path) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
