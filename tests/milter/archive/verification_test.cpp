/// Each case tampers with an archive in one way and expects to be told where.
#include "milter/archive/verification.hpp"

#include <algorithm>

#include "milter/archive/hold.hpp"
#include "tests/milter/archive/archive_fixture.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

struct FiveRecords : ArchiveFixture {
  FiveRecords() {
    archive::DirectoryArchive archive(settings);
    for (int i = 1; i <= 5; ++i) keep(archive, mail(i));
    all = rows();
    BOOST_TEST_REQUIRE(verify().is_good());
  }
  /// The first broken entry, and that what is said about it contains `words`.
  void expect(std::int64_t number, const std::string& words) const {
    const auto found = verify();
    BOOST_TEST_REQUIRE(!found.is_good());
    BOOST_TEST(found.problems.front().number == number);
    BOOST_TEST(found.problems.front().what.find(words) != std::string::npos, found.problems.front().what);
  }
  std::string object(std::size_t index) const { return path_of(all[index].sent); }
  void copy(const std::string& from, const std::string& to) const {
    std::filesystem::copy(
        from, to,
        std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  }
  std::vector<archive::RecordRow> all;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(verify_archive, FiveRecords)

BOOST_AUTO_TEST_CASE(a_removed_record_is_missed) {
  sql("DELETE FROM record WHERE number = 3");
  expect(3, "removed, and no purge says so");
}

BOOST_AUTO_TEST_CASE(a_record_removed_with_its_place_in_the_chain_is_missed) {
  sql("DELETE FROM record WHERE number = 3; DELETE FROM chain WHERE number = 3");
  expect(3, "were removed");
}

BOOST_AUTO_TEST_CASE(records_cut_off_at_the_end_are_missed) {
  sql("DELETE FROM record WHERE number > 3; DELETE FROM chain WHERE number > 3");
  expect(4, "the head knows 5 entries");
}

BOOST_AUTO_TEST_CASE(an_altered_field_is_seen_whichever_it_is) {
  for (const auto* change :
       {"sender = 'eve@example.org'", "recipients = 'bob@example.net'", "time = time - 86400",
        "rules = 'Another rule'", "actions = 'Keep all: reject'", "connector = ''", "queue_id = 'x'",
        "message_id = '<other>'", "subject = 'harmless'", "size = size + 1",
        "received = (SELECT sent FROM record WHERE number = 1)"}) {
    const FiveRecords fresh;
    fresh.sql("UPDATE record SET " + std::string(change) + " WHERE number = 2");
    BOOST_TEST_CONTEXT(change) { fresh.expect(2, "altered"); }
  }
}

BOOST_AUTO_TEST_CASE(an_altered_field_with_a_matching_digest_breaks_the_chain) {
  auto changed = all[1];
  changed.sender = "eve@example.org";
  sql("UPDATE record SET sender = 'eve@example.org' WHERE number = 2; UPDATE chain SET digest = '" +
      archive::digest_of(changed) + "' WHERE number = 2");
  expect(2, "place in the chain");
}

BOOST_AUTO_TEST_CASE(a_chain_rewritten_to_its_end_does_not_fit_the_head) {
  auto changed = all[4];
  changed.sender = "eve@example.org";
  const auto digest = archive::digest_of(changed);
  const auto before = database().hash_at(4).value().value();
  sql("UPDATE record SET sender = 'eve@example.org' WHERE number = 5; UPDATE chain SET digest = '" + digest +
      "', hash = '" + archive::chain_hash(before, 5, digest) + "' WHERE number = 5");
  expect(5, "not the entry that the head knows");
}

BOOST_AUTO_TEST_CASE(reordered_records_are_seen) {
  sql("UPDATE record SET number = 99 WHERE number = 2; UPDATE record SET number = 2 WHERE number = 4;UPDATE record SET number = 4 WHERE number = 99");
  expect(2, "altered");
}

BOOST_AUTO_TEST_CASE(an_inserted_record_is_seen) {
  sql("INSERT INTO record SELECT 77, 'ab', time, message_id, queue_id, sender, recipients, subject, size, rules, actions, connector, sent, received FROM record WHERE number = 1");
  expect(77, "inserted");
}

BOOST_AUTO_TEST_CASE(a_missing_object_is_seen) {
  std::filesystem::remove(object(2));
  expect(3, "missing");
}

BOOST_AUTO_TEST_CASE(a_truncated_object_is_seen) {
  std::filesystem::resize_file(object(2), std::filesystem::file_size(object(2)) - 1);
  expect(3, "too early");
}

BOOST_AUTO_TEST_CASE(a_replaced_object_is_seen) {
  pams::test::write_file(object(2), "Subject: nothing to see\r\n\r\n");
  expect(3, all[2].sent);
}

BOOST_AUTO_TEST_CASE(bytes_behind_the_end_of_an_object_are_seen) {
  pams::test::write_file(object(2), pams::test::read_file(object(2)) + "x");
  expect(3, all[2].sent);
}

BOOST_AUTO_TEST_CASE(swapped_objects_are_seen) {
  std::filesystem::rename(object(1), directory / "aside");
  std::filesystem::rename(object(3), object(1));
  std::filesystem::rename(directory / "aside", object(3));
  expect(2, "something else");
}

BOOST_AUTO_TEST_CASE(an_older_copy_of_the_database_is_seen_and_never_forgotten) {
  // The last rows may still lie in the log beside the database: a copy of the database is one of both.
  copy(settings.path, directory / "backup");
  keep(mail(6));
  for (const auto* file : {"archive.db", "archive.db-wal", "archive.db-shm"}) {
    std::filesystem::remove(settings.path + "/" + file);
    if (std::filesystem::exists(directory / ("backup/" + std::string(file))))
      copy(directory / ("backup/" + std::string(file)), settings.path + "/" + file);
  }
  expect(6, "the head knows 6 entries");
  keep(mail(7));  // mail goes on
  expect(6, "did not fit the head");
  BOOST_TEST(verify().records == 6);
}

BOOST_AUTO_TEST_CASE(a_database_that_was_made_anew_is_seen) {
  for (const auto* suffix : {"", "-wal", "-shm"})
    std::filesystem::remove(settings.path + "/archive.db" + suffix);
  keep(mail(6));
  expect(1, "did not fit the head");
}

BOOST_AUTO_TEST_CASE(a_changed_removed_or_damaged_head_is_seen) {
  const auto head = settings.path + "/head";
  const auto text = pams::test::read_file(head);
  auto changed = text;
  const auto at = changed.find("\"hash\":\"") + 8;
  changed[at] = changed[at] == 'a' ? 'b' : 'a';
  pams::test::write_file(head, changed);
  expect(5, "not the entry that the head knows");
  std::filesystem::remove(head);
  expect(0, "head is missing");
  pams::test::write_file(head, "{");
  expect(0, "damaged");
  pams::test::write_file(head, text);
  BOOST_TEST(verify().is_good());
}

BOOST_AUTO_TEST_CASE(a_changed_or_removed_audit_entry_is_seen) {
  archive::ChainWriter chain(settings.path, "", std::make_shared<Disk>());
  BOOST_TEST_REQUIRE(archive::add_hold(chain, "case 7", "offer", time).has_value());
  BOOST_TEST(verify().is_good());
  sql("UPDATE audit SET details = replace(details, 'offer', 'other')");
  expect(6, "the audit entry (hold) was altered");
  sql("DELETE FROM audit");
  expect(6, "removed");
}

BOOST_AUTO_TEST_CASE(a_purge_that_was_never_made_hides_nothing) {
  sql("DELETE FROM record WHERE number = 3; INSERT INTO audit VALUES(9, 0, 'purge', '{\"records\":\"3\"}')");
  const auto found = verify();
  BOOST_TEST(!found.is_good());
  BOOST_TEST(found.problems.front().number == 9);
  BOOST_TEST(found.problems.front().what.find("inserted") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(changed_and_removed_checkpoints_are_seen) {
  sql("UPDATE checkpoint SET hash = 'x'");
  expect(1, "not the entry that its checkpoint knows");
  sql("DELETE FROM checkpoint");
  expect(1, "checkpoint");
}

BOOST_AUTO_TEST_SUITE_END()
