/// The spool before the message is accepted, with faults; and the kill in between.
#include "milter/journal/durable_journal.hpp"

#include <csignal>

#include <boost/test/unit_test.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/milter/journal/journal_fixture.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

BOOST_FIXTURE_TEST_SUITE(durable_journal, JournalFixture)

BOOST_AUTO_TEST_CASE(a_report_for_each_mailbox_is_synced_with_its_directory) {
  auto journal = store();
  BOOST_TEST(journal.spool(entry({"a@example.org", "b@example.org"})).has_value());
  BOOST_TEST(waiting() == 2U);
  const auto& log = disk->log;
  const auto last_rename =
      std::find_if(log.rbegin(), log.rend(), [](auto& c) { return c.starts_with("rename"); });
  BOOST_TEST(std::count(last_rename.base(), log.end(), "sync") >=
             2);                                                // the directories, after the last rename
  BOOST_TEST(std::count(log.begin(), log.end(), "sync") >= 4);  // and both files
}

BOOST_AUTO_TEST_CASE(the_same_message_again_makes_no_second_report_and_another_envelope_does) {
  auto journal = store();
  const auto first = journal.spool(entry()).value().payload().entry_id;
  BOOST_TEST(journal.spool(entry()).value().payload().entry_id == first);
  BOOST_TEST(waiting() == 1U);
  auto other = entry();
  other.envelope.recipients.push_back("eve@example.net");
  BOOST_TEST(journal.spool(other).has_value());
  BOOST_TEST(waiting() == 2U);
}

BOOST_AUTO_TEST_CASE(a_check_tells_whether_a_report_could_be_added_and_leaves_nothing) {
  auto checked = spool();
  BOOST_TEST(checked.check().has_value());
  BOOST_TEST(std::filesystem::is_empty(config->policy.journal.path + "/waiting"));
  disk->fail_at(1, ENOSPC);
  BOOST_TEST(!checked.check().has_value());
  disk->fail_at(0, 0);
  BOOST_TEST(checked.check().has_value());
  BOOST_TEST(std::filesystem::is_empty(config->policy.journal.path + "/waiting"));
}

BOOST_AUTO_TEST_CASE(not_even_after_it_was_sent) {
  auto journal = store();
  BOOST_TEST(journal.spool(entry()).has_value());
  auto kept = spool();
  BOOST_TEST(kept.mark_sent(kept.waiting().value().front().id).has_value());
  BOOST_TEST(journal.spool(entry()).has_value());
  BOOST_TEST(waiting() == 0U);
}

BOOST_AUTO_TEST_CASE(whichever_call_to_the_disk_fails_nothing_is_left_and_the_retry_succeeds_once) {
  const auto two = entry({"a@example.org", "b@example.org"});
  for (const int error : {ENOSPC, EIO, EACCES}) {
    for (unsigned call = 1;; ++call) {
      std::filesystem::remove_all(config->policy.journal.path);
      auto journal = store();
      disk->fail_at(call, error);
      const auto failed = journal.spool(two);
      const bool has_failed = disk->has_failed();
      disk->fail_at(0, 0);
      if (!has_failed) {
        BOOST_TEST(failed.has_value());
        break;
      }
      BOOST_TEST_CONTEXT("call " << call << " fails with " << error) {
        if (!failed) BOOST_TEST(files().empty());
        BOOST_TEST(journal.spool(two).has_value());
        BOOST_TEST(waiting() == 2U);
        BOOST_TEST(files().size() == 2U);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_was_acknowledged_before_a_kill_is_delivered_afterwards) {
  int ends[2];
  BOOST_TEST_REQUIRE(::pipe(ends) == 0);
  const auto child = ::fork();
  if (child == 0) {
    auto journal = store();
    for (int i = 0;; ++i) {
      message.headers.set("Subject", " number " + std::to_string(i));
      if (!journal.spool(entry()) || ::write(ends[1], "x", 1) != 1) ::_exit(1);
    }
  }
  ::close(ends[1]);
  std::size_t acknowledged = 0;
  char byte = 0;
  while (::read(ends[0], &byte, 1) == 1)
    if (++acknowledged == 20) ::kill(child, SIGKILL);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  auto kept = spool();
  BOOST_TEST(kept.recover().has_value());
  milter::journal::JournalDelivery delivery(config, kept, route(), mta.submit());
  delivery.run_once({}, time);
  BOOST_TEST(mta.taken.size() >= acknowledged);
  BOOST_TEST(mta.taken.size() <= acknowledged + 1);
  BOOST_TEST(waiting() == 0U);
  for (const auto& one : mta.taken) BOOST_TEST(one.content.ends_with("--\r\n"));
}

BOOST_AUTO_TEST_CASE(a_flagged_messages_report_needs_a_proven_way_and_others_do_not) {
  auto journal = store();
  guard->fine = false;
  BOOST_TEST(journal.prepare(entry({"journal@example.org"}, true)).has_value() == false);
  BOOST_TEST(journal.prepare(entry()).has_value());
  guard->fine = true;
  BOOST_TEST(journal.prepare(entry({"journal@example.org"}, true)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
