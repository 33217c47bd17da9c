/// What the archive says became of a message, over several tries.
#include "milter/archive/record_outcome.hpp"

#include <set>

#include "milter/archive/purge.hpp"
#include "tests/milter/archive/archive_fixture.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

struct Tries : ArchiveFixture {
  std::string attempt(const std::string& eml, const std::string& queue_id) {
    const auto sent = message(eml);
    return archive.commit({sent, {"ann@example.org", {"bob@example.net"}}, queue_id, "", {}, time})
        .value()
        .payload()
        .record_id;
  }
  bool mark(const archive::ArchivedTry& which, archive::RecordOutcome outcome,
            const std::string& reason = "554 no") {
    return archive.mark(which, outcome, reason).value();
  }
  archive::Fate fate(std::size_t index = 0) const {
    auto reader = database(sqlite::Access::ReadOnly);
    return reader.fate_of(rows().at(index)).value();
  }
  std::int64_t entries() const { return database().tip().value().number; }
  void expect_whole() const {
    const auto found = verify();
    BOOST_TEST(found.is_good(), (found.is_good() ? "" : found.problems.front().what));
  }
  void expect_broken(const std::string& words) const {
    const auto found = verify();
    BOOST_TEST_REQUIRE(!found.is_good());
    BOOST_TEST(found.problems.front().what.find(words) != std::string::npos, found.problems.front().what);
  }

  archive::DirectoryArchive archive{settings};
};

/// As Postfix hands over a message that had no Message-ID.
std::string from_script(const std::string& queue_id, const std::string& hop,
                        const std::string& date = "Fri, 27 Nov 2026 06:00:00 +0000") {
  return "Received: from app by " + hop + " with SMTP id " + queue_id + "x;\r\n " + date +
         "\r\nFrom: ann@example.org\r\nDate: " + date +
         "\r\nSubject: report\r\nMessage-ID: <20261127061500." + queue_id +
         "@gw.example.org>\r\n\r\nall is well\r\n";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(archive_outcome, Tries)

BOOST_AUTO_TEST_CASE(a_record_counts_as_sent_until_it_is_marked) {
  const auto id = attempt(mail(1), "Q1");
  BOOST_TEST((fate().outcome == archive::RecordOutcome::Sent));
  BOOST_TEST(fate().reason == "");
  BOOST_TEST(mark({"Q1", id}, archive::RecordOutcome::Refused, "550 5.7.1\r\nno"));
  BOOST_TEST((fate().outcome == archive::RecordOutcome::Refused));
  BOOST_TEST(fate().reason == "550 5.7.1  no");
  BOOST_TEST(entries() == 2);
  expect_whole();
  BOOST_TEST(verify().outcomes == 1);
}

BOOST_AUTO_TEST_CASE(a_record_can_be_marked_by_its_queue_id_or_its_id_alone) {
  attempt(mail(1), "Q1");
  const auto second = attempt(mail(2), "Q2");
  BOOST_TEST(mark({"Q1", ""}, archive::RecordOutcome::Refused));
  BOOST_TEST((fate(0).outcome == archive::RecordOutcome::Refused));
  BOOST_TEST((fate(1).outcome == archive::RecordOutcome::Sent));
  BOOST_TEST(mark({"", second}, archive::RecordOutcome::Deferred));
  BOOST_TEST((fate(1).outcome == archive::RecordOutcome::Deferred));
}

BOOST_AUTO_TEST_CASE(the_same_mark_again_adds_nothing_and_an_unknown_record_is_said) {
  const auto id = attempt(mail(1), "Q1");
  BOOST_TEST(mark({"Q1", id}, archive::RecordOutcome::Deferred));
  BOOST_TEST(mark({"Q1", id}, archive::RecordOutcome::Deferred, "another reason"));
  BOOST_TEST(entries() == 2);
  BOOST_TEST(mark({"Q1", id}, archive::RecordOutcome::Refused));
  BOOST_TEST(entries() == 3);
  BOOST_TEST(!mark({"Q9", ""}, archive::RecordOutcome::Refused));
  BOOST_TEST(!mark({"Q1", std::string(64, 'a')}, archive::RecordOutcome::Refused));
  BOOST_TEST(!mark({"", ""}, archive::RecordOutcome::Refused));
  BOOST_TEST(entries() == 3);
}

BOOST_AUTO_TEST_CASE(a_retry_clears_the_mark_and_is_found_by_its_queue_id) {
  const auto id = attempt(mail(1), "Q1");
  mark({"Q1", id}, archive::RecordOutcome::Deferred);
  BOOST_TEST(attempt(mail(1), "Q2") == id);
  BOOST_TEST(rows().size() == 1U);
  BOOST_TEST((fate().outcome == archive::RecordOutcome::Sent));
  BOOST_TEST(fate().reason == "");
  BOOST_TEST(fate().queue_id == "Q2");
  BOOST_TEST(fate().queue_ids == (std::vector<std::string>{"Q1", "Q2"}), boost::test_tools::per_element());
  BOOST_TEST(mark({"Q2", ""}, archive::RecordOutcome::Refused));  // found by the second try's
  BOOST_TEST((fate().outcome == archive::RecordOutcome::Refused));
  attempt(mail(1), "Q2");  // an MTA may use a queue id again
  BOOST_TEST((fate().outcome == archive::RecordOutcome::Sent));
  expect_whole();
}

/// The MTA's log is read late: what it says of the first try must not touch the second one.
BOOST_AUTO_TEST_CASE(a_late_mark_of_a_failed_try_does_not_take_back_the_accepted_one) {
  const auto id = attempt(mail(1), "Q1");
  attempt(mail(1), "Q2");
  BOOST_TEST(mark({"Q1", id}, archive::RecordOutcome::Refused));
  BOOST_TEST((fate().outcome == archive::RecordOutcome::Sent));
  BOOST_TEST(fate().queue_id == "Q2");
}

BOOST_AUTO_TEST_CASE(the_same_try_twice_adds_nothing) {
  attempt(mail(1), "Q1");
  attempt(mail(1), "Q1");
  BOOST_TEST(entries() == 1);
}

BOOST_AUTO_TEST_CASE(what_the_mta_adds_at_each_try_makes_no_other_record) {
  const auto id = attempt(from_script("4F2A1", "a.example.org"), "4F2A1");
  BOOST_TEST(attempt(from_script("4F2A2", "b.example.org"), "4F2A2") == id);
  BOOST_TEST(attempt(from_script("4F2A3", "a.example.org"), "4F2A3") == id);
  BOOST_TEST(rows().size() == 1U);
  BOOST_TEST(fate().message_ids.back() == "<20261127061500.4F2A3@gw.example.org>");
  archive::ObjectStore objects(settings.path, std::make_shared<Disk>());
  BOOST_TEST(objects.load(rows()[0].sent, 4096).value() == from_script("4F2A1", "a.example.org"));
  expect_whole();
  BOOST_TEST(verify().unnamed_objects == 0);
}

BOOST_AUTO_TEST_CASE(two_messages_with_the_same_text_stay_two) {
  const auto with_id = [](const std::string& id) {
    return "Message-ID: " + id + "\r\nSubject: x\r\n\r\nsame\r\n";
  };
  std::set<std::string> ids;
  for (const auto* id : {"<1@example.org>", "<2@example.org>", "<20261127061500.Q7@gw>", "<Q1@gw>",
                         "<20261127061500.aQ1@gw>", "<x20261127061500.Q1@gw>"})
    ids.insert(attempt(with_id(id), "Q1"));
  BOOST_TEST(ids.size() == 6U);
  BOOST_TEST(attempt(from_script("Q1", "a", "Fri, 27 Nov 2026 06:00:00 +0000"), "Q1") !=
             attempt(from_script("Q2", "a", "Fri, 27 Nov 2026 06:00:01 +0000"), "Q2"));
  BOOST_TEST(rows().size() == 8U);
}

BOOST_AUTO_TEST_CASE(nothing_left_out_leaves_the_names_as_they_were) {
  const auto own = message(kOffer);
  BOOST_TEST(archive::identity_digest(own, "4Zq1") == archive::content_digest(archive::bytes_of(own)));
}

BOOST_AUTO_TEST_CASE(a_record_that_is_dropped_before_its_commit_is_nowhere) {
  const auto sent = message(mail(1));
  {
    const auto ready = archive.prepare({sent, {"a@x", {"b@y"}}, "Q1", "", {}, time});
    BOOST_TEST_REQUIRE(ready.has_value());
    BOOST_TEST(rows().empty());
  }
  BOOST_TEST(rows().empty());
  BOOST_TEST(verify().unnamed_objects == 1);
  expect_whole();
}

BOOST_AUTO_TEST_CASE(a_forged_an_altered_and_a_removed_mark_are_seen) {
  const auto id = attempt(mail(1), "Q1");
  sql("INSERT INTO outcome VALUES(7, 1, 0, 'Q1', '', 'refused', 'forged')");
  expect_broken("inserted");
  sql("DELETE FROM outcome");
  mark({"Q1", id}, archive::RecordOutcome::Refused);
  expect_whole();
  for (const auto* change : {"outcome = 'sent to the MTA'", "reason = ''", "queue_id = 'Q2'", "record = 9",
                             "time = 0", "message_id = 'x'"}) {
    sql("CREATE TABLE kept AS SELECT * FROM outcome; UPDATE outcome SET " + std::string(change));
    BOOST_TEST_CONTEXT(change) { expect_broken("outcome was altered"); }
    sql("DELETE FROM outcome; INSERT INTO outcome SELECT * FROM kept; DROP TABLE kept");
    expect_whole();
  }
  sql("INSERT INTO outcome SELECT 1, record, time, queue_id, message_id, outcome, reason FROM outcome");
  expect_broken("inserted");  // in a record's place
  sql("DELETE FROM outcome");
  expect_broken("removed");
}

BOOST_AUTO_TEST_CASE(a_purge_takes_the_outcomes_with_the_record) {
  const auto id = attempt(mail(1), "Q1");
  mark({"Q1", id}, archive::RecordOutcome::Refused, "550 bob@example.net is unknown");
  attempt(mail(2), "Q2");
  archive::Purge purge(settings, std::make_shared<Disk>());
  auto plan = purge.plan(time + std::chrono::seconds(1)).value();
  std::erase(plan.records, 3);
  BOOST_TEST_REQUIRE(purge.carry_out(plan, "1 day", time).has_value());
  BOOST_TEST(rows().size() == 1U);
  expect_whole();
  BOOST_TEST(verify().purged == 1);
  BOOST_TEST(verify().outcomes == 0);
  BOOST_TEST(attempt(mail(1), "Q3") == id);  // a new record, not the old one's fate
  BOOST_TEST((fate(1).outcome == archive::RecordOutcome::Sent));
}

BOOST_AUTO_TEST_CASE(an_archive_without_outcomes_opens_and_can_be_marked) {
  const auto id = attempt(mail(1), "Q1");
  sql("DROP TABLE outcome; DROP INDEX record_queue_id; PRAGMA user_version = 0");
  {
    auto reader = archive::ArchiveDatabase::open(settings.path, sqlite::Access::ReadOnly).value();
    const auto row = reader.record(1).value().value();
    BOOST_TEST((reader.fate_of(row).value().outcome == archive::RecordOutcome::Sent));
  }
  BOOST_TEST(archive::verify_archive(settings).value().is_good());
  archive::DirectoryArchive reopened(settings);
  BOOST_TEST(reopened.mark({"Q1", id}, archive::RecordOutcome::Refused, "no").value());
  BOOST_TEST((fate().outcome == archive::RecordOutcome::Refused));
  expect_whole();
}

BOOST_AUTO_TEST_SUITE_END()
