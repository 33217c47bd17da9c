#include "milter/trace/trace_text.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/milter/trace/trace_fixture.hpp"

using namespace pams::milter::trace;
using namespace pams::test;

BOOST_FIXTURE_TEST_SUITE(trace_text, TraceFixture)

BOOST_AUTO_TEST_CASE(times_are_iso_8601_in_utc_and_come_back) {
  const auto instant = kNoon + std::chrono::milliseconds(123);
  BOOST_TEST(shown_time(instant) == "2026-11-23T12:00:00.123Z");
  BOOST_TEST((time_of(shown_time(instant)).value() == instant));
  BOOST_TEST((time_of("2026-11-23T12:00:00Z").value() == kNoon));
  BOOST_TEST((time_of("2026-11-23 12:00").value() == kNoon));
  BOOST_TEST((time_of("2026-11-23").value() == kNoon - std::chrono::hours(12)));
  for (const auto* wrong :
       {"", "yesterday", "2026-13-01", "2026-11-23T", "2026-11-23T25:00", "2026-11-23T12:00:00+01:00"})
    BOOST_TEST(!time_of(wrong).has_value(), wrong);
}

BOOST_AUTO_TEST_CASE(nothing_in_a_message_reaches_the_terminal_as_a_control_character) {
  auto hostile = message("8A3DAA7A068", {"\x1b[31mred\x07@b.example"});
  hostile.sender = "\xE2\x80\xAEgnissim@example.org";
  hostile.subject = "a\nID forged\r\x1b]0;title\x07";
  hostile.message_id =
      "<\x9b"
      "1A\x01>";
  hostile.events.push_back({EventKind::Note, "\x1b[2J"});
  write(hostile);
  log({"postfix/smtp[1]: 8A3DAA7A068: to=<x@b.example>, relay=mx[1.2.3.4]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 \x1b[31m ok)"});
  const auto story = query().story(rows().at(0).id).value().value();
  const auto text = shown_story(story);
  for (const std::string harmful : {"\x1b", "\x07", "\r", "\xE2\x80\xAE"})
    BOOST_TEST(text.find(harmful) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_story_is_told_in_plain_words) {
  write(flagged("8A3DAA7A068", {"bob@b.example"}));
  log({"postfix/pams/smtp[20]: Verified TLS connection established to smart.example[1.2.3.4]:25: TLSv1.3 with x",
       "postfix/pams/smtp[20]: 8A3DAA7A068: to=<bob@b.example>, relay=smart.example[1.2.3.4]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)"});
  const auto told = shown_story(query().story(rows().at(0).id).value().value());
  BOOST_TEST(told.find("12:00:00.000Z  received from 127.0.0.1\n") != std::string::npos, told);
  BOOST_TEST(
      told.find(
          "12:00:01.000Z  sent for bob@b.example to smart.example[1.2.3.4]:25 over TLS (Verified TLSv1.3) by postfix/pams/smtp: 250 ok\n") !=
          std::string::npos,
      told);
}

BOOST_AUTO_TEST_CASE(the_relay_is_told_with_cipher_and_certificate_and_a_leak_with_its_kind) {
  auto one = sealed("8A3DAA7A068", {"bob@client.example"});
  one.events.push_back({EventKind::Seal, "5ea1 with key k1"});
  write(one);
  relay({delivery("5ea1", "bob@client.example")});
  const auto told = shown_story(query().story(rows().at(0).id).value().value());
  BOOST_TEST(told.find("sealed as 5ea1 with key k1; waits for the relay\n") != std::string::npos, told);
  BOOST_TEST(
      told.find(
          "sent for bob@client.example to smart.example[192.0.2.1]:25 over TLS (Verified TLSv1.3, TLS_AES_256_GCM_SHA384, certificate c0ffee) by pams-relay: 250 2.0.0 taken\n") !=
          std::string::npos,
      told);
  log({"postfix/smtp[1]: 8A3DAA7A068: to=<x@b.example>, relay=mx[1.2.3.4]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)"});
  const auto leak = shown_leak(query().leaks().value().at(0));
  BOOST_TEST(
      leak.find(
          "to x@b.example: carrier: the carrier (sealed) went elsewhere: postfix/smtp had it for mx[1.2.3.4]:25 (sent)\n") !=
          std::string::npos,
      leak);
}

BOOST_AUTO_TEST_SUITE_END()
