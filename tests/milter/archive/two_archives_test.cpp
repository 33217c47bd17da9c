/// One message in two archives: kept in both, or standing as sent in none.
#include <sys/wait.h>
#include <unistd.h>

#include "milter/session/archiving.hpp"
#include "tests/milter/archive/archive_fixture.hpp"
#include "tests/support/faulty_disk.hpp"
#include "tests/support/faulty_sqlite.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

struct TwoArchives {
  TwoArchives() {
    first.settings.path = first.directory / "first";
    second.settings.path = second.directory / "second";
    services.archives["first"] = std::make_shared<archive::DirectoryArchive>(first.settings, first_disk);
    services.archives["second"] = std::make_shared<archive::DirectoryArchive>(second.settings, second_disk);
    plan.archives = {"first", "second"};
    plan.outgoing = message(mail(1));
  }

  Result<session::PreparedArchives> prepare(const std::string& queue_id) {
    return session::Archiving::prepare(
        services, plan, session::record_of(plan, {"a@x", {"b@y"}}, queue_id, first.time, plan.outgoing));
  }
  /// "none", or what the only record's outcome is.
  static std::string standing(const ArchiveFixture& archive) {
    if (!std::filesystem::exists(archive.settings.path + "/archive.db")) return "none";
    const auto rows = archive.rows();
    BOOST_TEST(rows.size() <= 1U);
    if (rows.empty()) return "none";
    return std::string(archive::to_text(archive.database().fate_of(rows[0]).value().outcome));
  }
  void expect_both_sent() const {
    for (const auto* archive : {&first, &second}) {
      BOOST_TEST(standing(*archive) == "sent to the MTA");
      const auto found = archive->verify();
      BOOST_TEST(found.is_good(), (found.is_good() ? "" : found.problems.front().what));
    }
  }
  /// Once everything works: the message is accepted, with the files as they are then.
  void expect_the_retry_to_be_kept_in_both() {
    auto retry = prepare("Q2");
    BOOST_TEST_REQUIRE(retry.has_value(), (retry ? "" : retry.error().what));
    BOOST_TEST(retry->commit().has_value());
    expect_both_sent();
  }

  ArchiveFixture first, second;
  std::shared_ptr<FaultyDisk> first_disk = std::make_shared<FaultyDisk>();
  std::shared_ptr<FaultyDisk> second_disk = std::make_shared<FaultyDisk>();
  session::Services services;
  rules::Plan plan;
};

const std::string kSent = "sent to the MTA";

/// As another archive, but the process ends when its record is to be made ready, or committed.
class Ends : public archive::ArchiveStore {
 public:
  explicit Ends(bool when_prepared) : when_prepared_(when_prepared) {}
  struct Record : Prepared {
    const std::string& id() const override { return id_; }
    Result<Stored> commit() override { ::_exit(7); }
    std::string id_;
  };
  Result<std::unique_ptr<Prepared>> prepare(const archive::ArchiveRecord&) override {
    if (when_prepared_) ::_exit(7);
    return std::make_unique<Record>();
  }
  Result<bool> mark(const archive::ArchivedTry&, archive::RecordOutcome, const std::string&) override {
    return false;
  }

 private:
  const bool when_prepared_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(two_archives, TwoArchives)

BOOST_AUTO_TEST_CASE(both_have_it_once_it_is_committed_and_none_before) {
  auto ready = prepare("Q1");
  BOOST_TEST_REQUIRE(ready.has_value());
  BOOST_TEST(standing(first) == "none");
  BOOST_TEST(standing(second) == "none");
  const auto done = ready->commit();
  BOOST_TEST_REQUIRE(done.has_value());
  BOOST_TEST(done->payload().record_id.value() == first.rows().at(0).id);
  expect_both_sent();
}

BOOST_AUTO_TEST_CASE(when_the_second_cannot_be_prepared_the_first_has_nothing) {
  for (unsigned call = 1;; ++call) {
    TwoArchives fresh;
    fresh.second_disk->fail_at(call, ENOSPC);
    const auto ready = fresh.prepare("Q1");
    const bool clean = !fresh.second_disk->has_failed();
    fresh.second_disk->fail_at(0, 0);
    BOOST_TEST_CONTEXT("call " << call) {
      BOOST_TEST(standing(fresh.first) == "none");
      BOOST_TEST(standing(fresh.second) == "none");
      fresh.expect_the_retry_to_be_kept_in_both();
    }
    if (!clean) continue;
    BOOST_TEST(call > 20U);
    break;
  }
}

/// Also where the failing archive has the record all the same, without a promise.
BOOST_AUTO_TEST_CASE(when_the_second_cannot_commit_no_record_stands_as_sent) {
  for (unsigned call = 1;; ++call) {
    TwoArchives fresh;
    auto ready = fresh.prepare("Q1");
    BOOST_TEST_REQUIRE(ready.has_value());
    fresh.second_disk->fail_at(call, EIO);
    const auto done = ready->commit();
    const bool clean = !fresh.second_disk->has_failed();
    fresh.second_disk->fail_at(0, 0);
    BOOST_TEST_CONTEXT("call " << call) {
      BOOST_TEST(standing(fresh.first) == (done ? kSent : "deferred"));
      BOOST_TEST((done || standing(fresh.second) != kSent));
      fresh.expect_the_retry_to_be_kept_in_both();
    }
    if (!clean) continue;
    BOOST_TEST(done.has_value());
    BOOST_TEST(call > 5U);
    break;
  }
}

BOOST_AUTO_TEST_CASE(when_either_database_cannot_be_written_no_record_stands_as_sent) {
  FaultySqlite faults;
  for (unsigned call = 1;; ++call) {
    TwoArchives fresh;
    auto ready = fresh.prepare("Q1");
    BOOST_TEST_REQUIRE(ready.has_value());
    faults.fail_at(call, FaultySqlite::kFull);
    const auto done = ready->commit();
    const bool clean = !faults.has_failed();
    faults.fail_at(0, 0);
    BOOST_TEST_CONTEXT("call " << call) {
      BOOST_TEST((done || standing(fresh.first) != kSent));
      BOOST_TEST((done || standing(fresh.second) != kSent));
      fresh.expect_the_retry_to_be_kept_in_both();
    }
    if (!clean) continue;
    BOOST_TEST(call > 6U);
    break;
  }
}

BOOST_AUTO_TEST_CASE(a_database_that_failed_is_tried_before_the_next_promise) {
  FaultySqlite faults;
  auto ready = prepare("Q1");
  BOOST_TEST_REQUIRE(ready.has_value());
  first_disk->fail_at(1, ENOSPC);
  BOOST_TEST(!ready->commit());
  first_disk->fail_at(0, 0);
  faults.fail_at(1, FaultySqlite::kFull);
  BOOST_TEST(!prepare("Q2"));
  BOOST_TEST(faults.has_failed());
  faults.fail_at(0, 0);
  expect_the_retry_to_be_kept_in_both();
}

BOOST_AUTO_TEST_CASE(what_is_withdrawn_is_deferred_in_both_and_the_retry_clears_it) {
  auto ready = prepare("Q1");
  BOOST_TEST_REQUIRE(ready->commit().has_value());
  ready->withdraw("the journal failed");
  BOOST_TEST(standing(first) == "deferred");
  BOOST_TEST(standing(second) == "deferred");
  const auto row = first.rows().at(0);
  BOOST_TEST(first.database().fate_of(row).value().reason == "the journal failed");
  expect_the_retry_to_be_kept_in_both();
}

BOOST_AUTO_TEST_CASE(what_is_withdrawn_before_its_commit_is_nowhere) {
  auto ready = prepare("Q1");
  ready->withdraw("the MTA has gone");
  BOOST_TEST(standing(first) == "none");
}

BOOST_AUTO_TEST_CASE(an_unknown_archive_is_found_before_anything_is_kept) {
  plan.archives.emplace_back("third");
  const auto ready = prepare("Q1");
  BOOST_TEST_REQUIRE(!ready.has_value());
  BOOST_TEST((ready.error().failure == Failure::Misconfigured));
  BOOST_TEST(standing(first) == "none");
}

BOOST_AUTO_TEST_CASE(a_process_that_ends_between_the_steps_leaves_what_the_retry_completes) {
  for (const bool when_prepared : {true, false}) {
    TwoArchives fresh;
    const auto child = ::fork();
    if (child == 0) {
      fresh.services.archives["second"] = std::make_shared<Ends>(when_prepared);
      auto ready = fresh.prepare("Q1");
      static_cast<void>(ready->commit());
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    BOOST_TEST_REQUIRE(WEXITSTATUS(status) == 7);
    BOOST_TEST(standing(fresh.first) == (when_prepared ? "none" : kSent));
    BOOST_TEST(standing(fresh.second) == "none");
    fresh.expect_the_retry_to_be_kept_in_both();
  }
}

BOOST_AUTO_TEST_SUITE_END()
