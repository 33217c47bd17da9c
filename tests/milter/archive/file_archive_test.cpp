#include "milter/archive/file_archive.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "tests/support/faulty_disk.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace pams;
using namespace pams::milter;
using pams::milter::test::FaultyDisk;
using pams::test::read_file;
using pams::test::TemporaryFolder;

namespace {

const std::string kWire =
    "Subject: offer\r\n"
    "X-Odd:no blank\r\n"
    "\r\n"
    "one\r\n\r\nbare\nlf and no end";

Message a_message() {
  Message message;
  message.headers.append({"Subject", " offer"});
  message.headers.append({"X-Odd", "no blank"});
  message.body = SharedBytes(std::string("one\r\n\r\nbare\nlf and no end"));
  return message;
}

const Message kMessage = a_message();

ArchiveRecord record(Envelope envelope = {"ann@example.org", {"bob@example.net", "eve@example.com"}}) {
  return {kMessage, std::move(envelope), "4Zq1", "Zivver", {"Keep all"}, std::chrono::sys_seconds{}};
}

std::string file_of(const std::string& root, const std::string& id, const std::string& ending) {
  return root + "/" + id.substr(0, 2) + "/" + id + ending;
}

bool is_complete(const std::string& root, const std::string& id) {
  return read_file(file_of(root, id, ".eml")) == kWire &&
         nlohmann::json::parse(read_file(file_of(root, id, ".json"))).at("id") == id;
}

std::size_t files_under(const std::string& root) {
  const std::filesystem::recursive_directory_iterator all(root), end;
  return static_cast<std::size_t>(
      std::count_if(all, end, [](const auto& entry) { return entry.is_regular_file(); }));
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  BOOST_REQUIRE_EQUAL(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777U;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(file_archive)

BOOST_AUTO_TEST_CASE(a_record_holds_the_exact_bytes_and_the_envelope) {
  const TemporaryFolder folder;
  FileArchive archive(folder / "archive");
  const auto id = archive.commit(record()).value().id();
  BOOST_TEST(read_file(file_of(folder / "archive", id, ".eml")) == kWire);
  const auto json = nlohmann::json::parse(read_file(file_of(folder / "archive", id, ".json")));
  BOOST_TEST(json.at("sender") == "ann@example.org");
  BOOST_TEST(json.at("recipients").size() == 2U);
  BOOST_TEST(json.at("queue_id") == "4Zq1");
  BOOST_TEST(json.at("connector") == "Zivver");
  BOOST_TEST(json.at("time") == "1970-01-01T00:00:00Z");
  BOOST_TEST(json.at("size") == kWire.size());
}

BOOST_AUTO_TEST_CASE(only_the_owner_can_read_what_is_kept) {
  const TemporaryFolder folder;
  FileArchive archive(folder / "archive");
  const auto id = archive.commit(record()).value().id();
  BOOST_TEST(mode_of(folder / "archive") == 0700U);
  BOOST_TEST(mode_of(file_of(folder / "archive", id, ".eml")) == 0600U);
  BOOST_TEST(mode_of(file_of(folder / "archive", id, ".json")) == 0600U);
}

BOOST_AUTO_TEST_CASE(a_retry_gives_the_same_record_and_writes_nothing) {
  const TemporaryFolder folder;
  const auto disk = std::make_shared<FaultyDisk>();
  FileArchive archive(folder / "archive", disk);
  const auto first = archive.commit(record()).value().id();
  disk->fail_at(0, 0);
  auto again = record({"ann@EXAMPLE.org", {"eve@Example.com", "bob@example.net"}});
  again.queue_id = "another";
  BOOST_TEST(archive.commit(again).value().id() == first);
  BOOST_TEST(std::ranges::count(disk->log, "write") == 0);
  BOOST_TEST(files_under(folder / "archive") == 2U);
}

BOOST_AUTO_TEST_CASE(another_recipient_or_sender_is_another_record) {
  const TemporaryFolder folder;
  FileArchive archive(folder / "archive");
  const auto id = archive.commit(record()).value().id();
  BOOST_TEST(archive.commit(record({"ann@example.org", {"bob@example.net"}})).value().id() != id);
  BOOST_TEST(
      archive.commit(record({"Ann@example.org", {"bob@example.net", "eve@example.com"}})).value().id() != id);
  BOOST_TEST(files_under(folder / "archive") == 6U);
}

BOOST_AUTO_TEST_CASE(nothing_is_promised_before_all_of_it_is_on_the_disk) {
  const TemporaryFolder folder;
  const auto disk = std::make_shared<FaultyDisk>();
  FileArchive archive(folder / "archive", disk);
  const auto id = archive.commit(record()).value().id();
  const auto at = [&](const std::string& call) { return std::ranges::find(disk->log, call); };
  const auto eml = at("rename " + id + ".eml.tmp " + id + ".eml");
  const auto json = at("rename " + id + ".json.tmp " + id + ".json");
  BOOST_TEST((eml < json));
  BOOST_TEST(*std::prev(eml) == "sync");
  BOOST_TEST(*std::prev(json) == "sync");
  BOOST_TEST(disk->log.back() == "sync");
}

/// Whatever call fails, with whatever error: no receipt, or a complete record; and the next try succeeds.
BOOST_AUTO_TEST_CASE(every_single_failing_call_gives_no_receipt_and_a_retry_succeeds) {
  for (const int error : {ENOSPC, EIO, EACCES}) {
    unsigned call = 1;
    for (bool clean = false; !clean; ++call) {
      const TemporaryFolder folder;
      const auto disk = std::make_shared<FaultyDisk>();
      FileArchive archive(folder / "archive", disk);
      disk->fail_at(call, error);
      const auto stored = archive.commit(record());
      clean = !disk->has_failed();
      BOOST_TEST_CONTEXT("call " << call << ": "
                                 << disk->log.at(std::min(std::size_t{call}, disk->log.size()) - 1)
                                 << ", error " << error) {
        BOOST_TEST((!stored || is_complete(folder / "archive", stored->id())));
        if (!stored)
          BOOST_TEST(
              (stored.error().failure == (error == EACCES ? Failure::Misconfigured : Failure::Temporary)));
        disk->fail_at(0, 0);
        const auto retried = archive.commit(record());
        BOOST_REQUIRE(retried.has_value());
        BOOST_TEST(is_complete(folder / "archive", retried->id()));
        BOOST_TEST(files_under(folder / "archive") == 2U);
      }
    }
    BOOST_TEST(call > 15U);  // it did fail many times before a run passed clean
  }
}

BOOST_AUTO_TEST_CASE(what_a_crash_left_behind_is_replaced) {
  const TemporaryFolder folder;
  FileArchive archive(folder / "archive");
  const auto id = archive.commit(record()).value().id();
  const auto eml = file_of(folder / "archive", id, ".eml");
  std::filesystem::remove(file_of(folder / "archive", id, ".json"));
  pams::test::write_file(eml, "half");
  pams::test::write_file(eml + ".tmp", "half");
  BOOST_TEST(archive.commit(record()).value().id() == id);
  BOOST_TEST(is_complete(folder / "archive", id));
  BOOST_TEST(files_under(folder / "archive") == 2U);
}

BOOST_AUTO_TEST_CASE(a_planted_link_is_not_followed) {
  const TemporaryFolder folder;
  FileArchive archive(folder / "archive");
  const auto id = archive.commit(record()).value().id();
  std::filesystem::remove_all(folder / "archive");
  std::filesystem::create_directory(folder / "archive");
  std::filesystem::create_directory(folder / "elsewhere");
  std::filesystem::create_directory_symlink(folder / "elsewhere", folder / ("archive/" + id.substr(0, 2)));
  const auto stored = archive.commit(record());
  BOOST_REQUIRE(!stored);
  BOOST_TEST((stored.error().failure == Failure::Misconfigured));
  BOOST_TEST(files_under(folder / "elsewhere") == 0U);
}

BOOST_AUTO_TEST_CASE(a_missing_place_is_the_postmasters_to_mend_and_is_not_made) {
  const TemporaryFolder folder;
  FileArchive archive(folder / "not-mounted/archive");
  const auto stored = archive.commit(record());
  BOOST_REQUIRE(!stored);
  BOOST_TEST((stored.error().failure == Failure::Misconfigured));
  BOOST_TEST(!std::filesystem::exists(folder / "not-mounted"));
}

BOOST_AUTO_TEST_CASE(a_file_in_the_place_of_the_folder_is_named) {
  const TemporaryFolder folder;
  pams::test::write_file(folder / "archive", "x");
  FileArchive archive(folder / "archive");
  const auto tried = archive.test_write();
  BOOST_REQUIRE(!tried);
  BOOST_TEST((tried.error().failure == Failure::Misconfigured));
  BOOST_TEST(tried.error().what.find(folder / "archive") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_write_test_leaves_nothing_behind) {
  const TemporaryFolder folder;
  FileArchive archive(folder / "archive");
  BOOST_TEST(archive.test_write().has_value());
  BOOST_TEST(files_under(folder / "archive") == 0U);
}

BOOST_AUTO_TEST_CASE(many_threads_may_commit_the_same_and_other_records) {
  const TemporaryFolder folder;
  FileArchive archive(folder / "archive");
  std::vector<std::string> ids(16);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < ids.size(); ++i)
    threads.emplace_back([&, i] {
      for (int n = 0; n < 5; ++n)
        ids[i] = archive.commit(record({"ann@example.org", {std::to_string(i % 4) + "@example.net"}}))
                     .value()
                     .id();
    });
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    BOOST_TEST(ids[i] == ids[i % 4]);
    BOOST_TEST(is_complete(folder / "archive", ids[i]));
  }
  BOOST_TEST(files_under(folder / "archive") == 8U);
}

BOOST_AUTO_TEST_SUITE_END()
