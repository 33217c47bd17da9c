// Which facts about a flagged message are leaks, and of what kind.
#include "milter/trace/leak.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/milter/trace/trace_fixture.hpp"

using namespace pams::milter::trace;
using namespace pams::test;

namespace {

constexpr std::string_view kToRelay = "gateway.example.org[pams-milter/relay.sock]";

ToldEvent attempt(std::string service, std::string_view relay, std::string result,
                  std::string kind = "SEND") {
  ToldEvent event;
  event.kind = std::move(kind);
  event.service = std::move(service);
  event.relay = relay;
  event.result = std::move(result);
  event.recipient = "bob@client.example";
  return event;
}

Watched sealed_message(std::vector<ToldEvent> events, std::vector<RelayDelivery> deliveries = {}) {
  return {.id = "id",
          .queue_id = "4EBA64B",
          .message_id = "<1@example.org>",
          .subject = "Offer",
          .sender = "anna@example.org",
          .route = {"Zivver", "pams", {"smart.example:25"}},
          .seals = {"5ea1"},
          .had_to_be_sealed = true,
          .events = std::move(events),
          .deliveries = std::move(deliveries)};
}

/// "kind kind ..."
std::string kinds(const Watched& message) {
  std::string all;
  for (const auto& leak : leaks_of(message))
    all += (all.empty() ? "" : " ") + std::string(to_string(leak.kind));
  return all;
}

std::string unsealed(ToldEvent event) {
  auto message = sealed_message({std::move(event)});
  message.seals.clear();
  return kinds(message);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(leak)

BOOST_AUTO_TEST_CASE(a_verified_delivery_by_the_relay_is_none) {
  for (const std::string_view relay : {kToRelay, std::string_view("127.0.0.1[127.0.0.1]:2500")})
    BOOST_TEST(kinds(sealed_message({attempt("postfix/pams/lmtp", relay, "deferred", "DEFER"),
                                     attempt("postfix/pams/lmtp", relay, "sent")},
                                    {delivery("5ea1", "bob@client.example")})) == "");
}

BOOST_AUTO_TEST_CASE(waiting_and_failing_at_the_relay_are_none) {
  BOOST_TEST(kinds(sealed_message({attempt("postfix/pams/lmtp", kToRelay, "bounced", "FAIL"),
                                   attempt("postfix/error", "none", "deferred", "DEFER"),
                                   attempt("postfix/bounce", "", "", "NOTICE")},
                                  {delivery("5ea1", "bob@client.example", RelayDelivery::Result::Failed)})) ==
             "");
}

BOOST_AUTO_TEST_CASE(a_carrier_that_went_elsewhere_is_told_as_a_carrier) {
  const std::vector<RelayDelivery> sent{delivery("5ea1", "bob@client.example")};
  for (const auto& event :
       {attempt("postfix/smtp", "mx[192.0.2.9]:25", "sent"),
        attempt("postfix/smtp", "mx[192.0.2.9]:25", "deferred", "DEFER"),
        attempt("postfix/local", "local", "sent", "DELIVER"),
        attempt("postfix/pipe", "archive", "sent", "DELIVER"),
        attempt("postfix/lmtp", "gateway.example.org[private/dovecot]", "sent", "DELIVER"),
        attempt("postfix/pams/smtp", "smart.example[192.0.2.1]:25", "sent"),
        attempt("postfix/pams/lmtp", "other[192.0.2.9]:24", "sent")})
    BOOST_TEST(kinds(sealed_message({event}, sent)) == "carrier", event.service + " " + event.relay);
}

BOOST_AUTO_TEST_CASE(sent_by_the_transport_without_the_relay_is_told) {
  const auto sent = attempt("postfix/pams/lmtp", kToRelay, "sent");
  BOOST_TEST(kinds(sealed_message({sent})) == "unknown");
  BOOST_TEST(kinds(sealed_message({sent}, {delivery("5ea1", "x@y", RelayDelivery::Result::Failed)})) ==
             "unknown");
  BOOST_TEST(kinds(sealed_message({sent}, {delivery("5ea1", "x@y", RelayDelivery::Result::Dropped)})) == "");
}

BOOST_AUTO_TEST_CASE(a_server_that_had_not_proved_who_it_is_is_told) {
  auto unverified = delivery("5ea1", "bob@client.example");
  unverified.verified = false;
  const auto leaks = leaks_of(sealed_message({}, {unverified}));
  BOOST_TEST_REQUIRE(leaks.size() == 1U);
  BOOST_TEST((leaks[0].kind == Leak::Kind::Unverified));
  BOOST_TEST(leaks[0].recipient == "bob@client.example");
  BOOST_TEST(leaks[0].why.find("smart.example[192.0.2.1]:25") != std::string::npos, leaks[0].why);
}

BOOST_AUTO_TEST_CASE(whatever_an_unsealed_message_reached_is_a_leak_even_its_own_connector) {
  BOOST_TEST(unsealed(attempt("postfix/pams/smtp", "smart.example[192.0.2.1]:25", "sent")) == "LEAK");
  BOOST_TEST(unsealed(attempt("postfix/pams/lmtp", kToRelay, "sent")) == "LEAK");
  BOOST_TEST(unsealed(attempt("postfix/smtp", "journal[192.0.2.9]:25", "sent")) == "LEAK");
  BOOST_TEST(unsealed(attempt("postfix/bounce", "", "", "NOTICE")) == "LEAK");
  BOOST_TEST(unsealed(attempt("postfix/smtp", "none", "deferred", "DEFER")) == "");
}

BOOST_AUTO_TEST_CASE(a_message_from_before_there_were_seals_may_have_left_by_its_connector) {
  auto old = sealed_message({attempt("postfix/pams/smtp", "smart.example[192.0.2.1]:25", "sent")});
  old.seals.clear();
  old.had_to_be_sealed = false;
  BOOST_TEST(kinds(old) == "");
  old.events.push_back(attempt("postfix/smtp", "mx[192.0.2.9]:25", "sent"));
  BOOST_TEST(kinds(old) == "LEAK");
}

BOOST_AUTO_TEST_SUITE_END()
