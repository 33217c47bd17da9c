// Mail that no milter has told of: what the guard rules keep, and what a rule of the site holds.
#include "milter/trace/untold.hpp"

#include "milter/routing/route.hpp"
#include "tests/milter/trace/trace_fixture.hpp"

using namespace pams::milter::trace;
using namespace pams::test;

namespace {

constexpr auto kMessageId = "postfix/cleanup[4]: 8A3DAA7A068: message-id=<1@example.org>";
constexpr auto kActive =
    "postfix/qmgr[1]: 8A3DAA7A068: from=<anna@example.org>, size=381, nrcpt=1 (queue active)";
constexpr auto kKept =
    "postfix/retry[3]: 8A3DAA7A068: to=<bob@b.example>, relay=none, delay=1, delays=1/0/0/0, dsn=4.7.1, status=deferred (not sealed by pams-milter yet)";
constexpr auto kHeld =
    "postfix/cleanup[4]: 8A3DAA7A068: hold: header Subject: x; from=<evil@c.example> to=<y>: 1 from localhost[127.0.0.1]; from=<anna@example.org> to=<bob@b.example> proto=ESMTP helo=<x>: not sealed by pams-milter yet";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(untold, TraceFixture)

BOOST_AUTO_TEST_CASE(what_the_guard_rules_keep_is_a_flagged_message_that_waits) {
  log({kMessageId, kActive, kKept});
  const auto row = rows().at(0);
  BOOST_TEST(fates() == "bob@b.example Pending|not sealed by pams-milter yet|\n");
  BOOST_TEST(row.message_class == "flagged");
  BOOST_TEST(row.sender == "anna@example.org");
  BOOST_TEST(row.message_id == "<1@example.org>");
  BOOST_TEST(row.size == 381U);
  BOOST_TEST(kinds() == "NOTE DEFER");
  log({kActive, kKept, "postfix/postsuper[5]: 8A3DAA7A068: removed"});
  BOOST_TEST(rows().size() == 1U);
  BOOST_TEST(rows().at(0).status == "Failed");
  BOOST_TEST(query().leaks().value().empty());
}

BOOST_AUTO_TEST_CASE(the_guard_rules_words_are_known_also_those_of_before) {
  for (const std::string action :
       {pams::milter::routing::kGuardAction, pams::milter::routing::kFormerGuardAction}) {
    const auto words = action.substr(std::string("FILTER retry:4.7.1 ").size());
    Attempt attempt;
    attempt.relay = "none";
    attempt.reply = words;
    LogEntry entry;
    entry.service = "postfix/retry";
    BOOST_TEST(is_kept_by_guard(entry, attempt), words);
  }
}

BOOST_AUTO_TEST_CASE(whoever_lets_it_out_all_the_same_has_leaked_it) {
  log({kMessageId, kActive, kKept,
       "postfix/smtp[9]: 8A3DAA7A068: to=<bob@b.example>, relay=mx[1.2.3.4]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)"});
  const auto leaks = query().leaks().value();
  BOOST_TEST_REQUIRE(leaks.size() == 1U);
  BOOST_TEST(leaks[0].message_id == "<1@example.org>");
}

BOOST_AUTO_TEST_CASE(a_notice_about_it_holds_its_header_and_is_no_leak) {
  log({kMessageId, kActive, kKept,
       "postfix/bounce[9]: 8A3DAA7A068: sender non-delivery notification: 13549A7A076"});
  BOOST_TEST(kinds() == "NOTE DEFER NOTICE");
  BOOST_TEST(query().leaks().value().empty());
}

BOOST_AUTO_TEST_CASE(a_bounce_and_other_mail_without_a_milter_is_no_message_of_the_trace) {
  log({kMessageId, kActive,
       "postfix/smtp[9]: 8A3DAA7A068: to=<bob@b.example>, relay=mx[1.2.3.4]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)",
       "postfix/error[3]: 8A3DAA7A068: to=<x@b.example>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (delivery temporarily suspended: pams-milter)"});
  BOOST_TEST(rows().empty());
}

BOOST_AUTO_TEST_CASE(what_is_held_before_any_milter_saw_it_is_quarantined) {
  log({kHeld, kMessageId});  // a rule may match before the Message-ID is met
  BOOST_TEST(rows().at(0).message_id == "<1@example.org>");
  BOOST_TEST(fates() == "bob@b.example Quarantined|not sealed by pams-milter yet|\n");
  BOOST_TEST(rows().at(0).sender == "anna@example.org");
  log({"postfix/postsuper[5]: 8A3DAA7A068: released from hold", kActive, kKept});
  BOOST_TEST(rows().size() == 1U);
  BOOST_TEST(rows().at(0).status == "Pending");
}

BOOST_AUTO_TEST_CASE(the_milters_word_takes_the_place_of_the_logs_and_the_hold_goes_on) {
  log({kHeld, kMessageId});
  write(message("8A3DAA7A068", {"bob@b.example"}));
  BOOST_TEST(rows().size() == 1U);
  BOOST_TEST(rows().at(0).status == "Quarantined");
  BOOST_TEST(rows().at(0).subject == "Quarterly figures");
  BOOST_TEST(kinds() == "RECEIVE REPLY HOLD");
  log({kActive});
  BOOST_TEST(rows().at(0).status == "Pending");
}

BOOST_AUTO_TEST_SUITE_END()
