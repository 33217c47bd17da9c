#include "milter/trace/event_order.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/milter/trace/trace_fixture.hpp"

using namespace pams::milter::trace;
using namespace pams::test;

BOOST_FIXTURE_TEST_SUITE(event_order, TraceFixture)

BOOST_AUTO_TEST_CASE(a_log_of_whole_seconds_tells_nothing_before_the_message_came) {
  auto sent = sealed("8A3DAA7A068", {"bob@b.example"});
  sent.received += std::chrono::milliseconds(600);
  write(sent);
  log({"postfix/qmgr[1]: 8A3DAA7A068: from=<anna@example.org>, size=381, nrcpt=1 (queue active)",
       "postfix/lmtp[1]: 8A3DAA7A068: to=<bob@b.example>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (not yet)"},
      "12:00:00");
  auto taken = delivery("5ea1", "bob@b.example");
  taken.time = kNoon + std::chrono::milliseconds(2300);
  relay({taken});
  log({"postfix/pams/lmtp[1]: 8A3DAA7A068: to=<bob@b.example>, relay=h[pams-milter/relay.sock], delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 taken)",
       "postfix/bounce[1]: 8A3DAA7A068: sender delivery status notification: 13549A7A076"},
      "12:00:02");
  const auto story = query().story(rows().at(0).id).value().value();
  BOOST_TEST(kinds() == "RECEIVE REPLY DEFER SEND SEND NOTICE");
  BOOST_TEST(story.events.at(3).service == "pams-relay");
  for (std::size_t i = 1; i < story.events.size(); ++i)
    BOOST_TEST((story.events[i - 1].time <= story.events[i].time), i);
  for (const auto& event : story.events) BOOST_TEST((event.time <= event.last));
}

BOOST_AUTO_TEST_CASE(a_log_whose_clock_is_behind_tells_nothing_before_the_message_came) {
  std::vector<ToldEvent> events(2);
  events[0].time = events[0].last = kNoon;
  events[1].service = "postfix/smtp";
  events[1].time = events[1].last = kNoon - std::chrono::minutes(1);
  put_in_order(events);
  BOOST_TEST((events[1].time == kNoon));
  BOOST_TEST((events[1].last == kNoon));
}

BOOST_AUTO_TEST_CASE(a_log_with_fractions_keeps_its_times) {
  std::vector<ToldEvent> events(3);
  events[0].time = events[0].last = kNoon;
  for (std::size_t i = 1; i < 3; ++i) events[i].service = "postfix/smtp";
  events[1].time = events[1].last = kNoon + std::chrono::milliseconds(900);
  events[2].time = events[2].last = kNoon + std::chrono::milliseconds(400);
  put_in_order(events);
  BOOST_TEST((events[1].time == kNoon + std::chrono::milliseconds(400)));
  BOOST_TEST((events[2].time == kNoon + std::chrono::milliseconds(900)));
}

BOOST_AUTO_TEST_SUITE_END()
