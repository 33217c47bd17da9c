#include "milter/journal/journal_delivery.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>

#include "tests/milter/journal/journal_fixture.hpp"
#include "tests/support/files.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;
using std::chrono::seconds;

namespace {

struct DeliveryFixture : JournalFixture {
  milter::journal::JournalSpool kept = spool();
  milter::journal::JournalDelivery delivery{config, kept, route(), mta.submit()};
  std::chrono::steady_clock::time_point now{};

  void keep(bool is_confidential = false,
            const std::vector<std::string>& mailboxes = {"journal@example.org"}) {
    BOOST_TEST_REQUIRE(store().spool(entry(mailboxes, is_confidential)).has_value());
  }
  void answers(Outcome outcome, const std::string& reply = "no") {
    mta.answer = [=](const milter::journal::Submission&) {
      return milter::journal::Submitted{outcome, reply};
    };
  }
  auto run() { return delivery.run_once(now, time); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(journal_delivery, DeliveryFixture)

BOOST_AUTO_TEST_CASE(what_is_taken_is_sent_once_and_remembered) {
  keep();
  run();
  run();
  BOOST_TEST_REQUIRE(mta.taken.size() == 1U);
  BOOST_TEST(mta.taken[0].recipient == "journal@example.org");
  BOOST_TEST(mta.taken[0].content.starts_with("From: "));
  BOOST_TEST(waiting() == 0U);
  BOOST_TEST(files().size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_not_taken_is_tried_again_later_and_later) {
  keep();
  answers(Outcome::Later);
  seconds before{0};
  for (int i = 0; i < 12; ++i) {
    const auto next = run();
    const auto pause = std::chrono::duration_cast<seconds>(next - now);
    BOOST_TEST((pause >= before || pause == seconds(60)));
    before = pause;
    now += seconds(300);
  }
  mta.answer = FakeMta{}.answer;
  run();
  BOOST_TEST(mta.taken.size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_mta_that_is_down_is_asked_once_a_round) {
  keep(false, {"a@example.org", "b@example.org", "c@example.org"});
  int asked = 0;
  mta.answer = [&](const milter::journal::Submission&) {
    ++asked;
    return milter::journal::Submitted{Outcome::Unreachable, "Connection refused"};
  };
  run();
  BOOST_TEST(asked == 1);
  BOOST_TEST(waiting() == 3U);
}

BOOST_AUTO_TEST_CASE(a_refused_report_goes_to_the_alternate_mailbox) {
  config->policy.journal.journaling_report_ndr_to = "alternate@example.org";
  keep();
  mta.answer = [](const milter::journal::Submission& s) {
    return s.recipient == "alternate@example.org" ? milter::journal::Submitted{Outcome::Taken, "250"}
                                                  : milter::journal::Submitted{Outcome::Refused, "550"};
  };
  run();
  BOOST_TEST_REQUIRE(mta.taken.size() == 1U);
  BOOST_TEST(mta.taken[0].content.find("To: journal@example.org") != std::string::npos);
  BOOST_TEST(waiting() == 0U);
}

BOOST_AUTO_TEST_CASE(a_report_that_everybody_refuses_is_not_given_up) {
  keep();
  answers(Outcome::Refused);
  for (int day = 0; day < 30; ++day, now += std::chrono::hours(24)) run();
  BOOST_TEST(waiting() == 1U);
}

BOOST_AUTO_TEST_CASE(a_confidential_report_waits_until_its_way_is_proven) {
  keep(true);
  guard->fine = false;
  run();
  BOOST_TEST(mta.taken.empty());
  guard->fine = true;
  now += seconds(300);
  run();
  BOOST_TEST(mta.taken.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_confidential_report_is_sealed_on_the_disk_and_on_its_way_and_others_are_not) {
  keep(true);
  keep(false, {"other@example.org"});
  for (const auto& file : files())
    if (file.ends_with(".report")) {
      const auto content = pams::test::read_file(directory / ("journal/waiting/" + file));
      const bool is_other = content.find("other@example.org") != std::string::npos;
      BOOST_TEST((content.find("hello") != std::string::npos) == is_other);
    }
  run();
  BOOST_TEST_REQUIRE(mta.taken.size() == 2U);
  for (const auto& one : mta.taken) {
    const bool is_other = one.recipient == "other@example.org";
    BOOST_TEST((one.content.find("hello") != std::string::npos) == is_other);
    if (!is_other) {
      BOOST_TEST(one.content.starts_with("X-PAMS-Sealed: v1; "));
      BOOST_TEST(opened(one.content).find("hello\r\n") != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_report_that_was_spooled_before_reports_were_sealed_is_sealed_when_it_leaves) {
  directory.write("journal/waiting/" + std::string(64, 'a') + ".report",
                  "pams-journal 1\nmailbox journal@example.org\nqueue_id 4Zq1\nconfidential yes\n8bit no\n\n"
                  "From: <j@example.org>\r\nSubject: offer\r\n\r\nhello\r\n");
  run();
  BOOST_TEST_REQUIRE(mta.taken.size() == 1U);
  BOOST_TEST(mta.taken[0].content.find("hello") == std::string::npos);
  BOOST_TEST(opened(mta.taken[0].content) == "From: <j@example.org>\r\nSubject: offer\r\n\r\nhello\r\n");
}

BOOST_AUTO_TEST_CASE(without_a_place_for_them_confidential_reports_are_not_taken_on) {
  config->policy.journal.deliver_to = {};
  BOOST_TEST(!store().prepare(entry({"journal@example.org"}, true)).has_value());
  BOOST_TEST(store().prepare(entry()).has_value());
}

BOOST_AUTO_TEST_CASE(a_full_disk_after_the_mta_took_it_makes_no_second_copy) {
  keep();
  disk->fail_at(0, 0);
  mta.answer = [&](const milter::journal::Submission&) {
    disk->fail_at(3, ENOSPC);  // of what follows: reading, then the mark
    return milter::journal::Submitted{Outcome::Taken, "250"};
  };
  for (int i = 0; i < 3; ++i, now += seconds(300)) run();
  disk->fail_at(0, 0);
  now += seconds(300);
  run();
  BOOST_TEST(mta.taken.size() == 1U);
  BOOST_TEST(waiting() == 0U);
}

BOOST_AUTO_TEST_CASE(killed_between_the_mark_and_the_removal_it_is_not_sent_again) {
  keep();
  const auto id = kept.waiting().value().front().id;
  directory.write("journal/sent/" + id, "");
  run();
  BOOST_TEST(mta.taken.empty());
  BOOST_TEST(waiting() == 0U);
}

BOOST_AUTO_TEST_CASE(a_damaged_report_stays_and_does_not_hold_up_others) {
  directory.write("journal/waiting/" + std::string(64, '0') + ".report", "garbage");
  keep();
  run();
  BOOST_TEST(mta.taken.size() == 1U);
  BOOST_TEST(waiting() == 1U);
}

BOOST_AUTO_TEST_CASE(what_was_sent_is_forgotten_after_a_week) {
  const auto old = directory.write("journal/sent/" + std::string(64, '0'), "");
  const auto age = std::filesystem::last_write_time(old) - std::chrono::days(8);
  std::filesystem::last_write_time(old, age);
  time = std::chrono::floor<seconds>(std::chrono::system_clock::now());
  keep();
  run();
  BOOST_TEST(files().size() == 1U);  // today's
}

BOOST_AUTO_TEST_SUITE_END()
