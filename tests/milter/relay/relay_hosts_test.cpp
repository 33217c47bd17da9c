#include <atomic>
#include <memory>

#include <boost/test/unit_test.hpp>

#include "tests/support/relay_fixture.hpp"

namespace pams::test {
using namespace pams::milter;
using namespace pams::milter::relay;
namespace {

using Stage = TlsPeer::Stage;
using Then = TlsPeer::Then;
using namespace std::string_literals;

BOOST_FIXTURE_TEST_SUITE(relay_hosts, RelayFixture)

BOOST_AUTO_TEST_CASE(a_host_that_is_silent_is_left_when_the_mta_hangs_up) {
  peer.answer(Stage::Mail, {"", Then::Hang});
  Mta mta(*services);
  mta.envelope({"a@example.com"});
  mta.ask("DATA");
  mta.send(carrier(kRelayedMessage, contents({"a@example.com"})));
  peer.wait_for(Stage::Mail);
  mta.hang_up();
  mta.join();  // at once, not when the time for MAIL is over
  BOOST_TEST(peer.messages().empty());
}

BOOST_AUTO_TEST_CASE(a_host_that_is_down_gives_way_to_the_next) {
  TlsPeer away;
  const auto port = away.port();
  away.answer(Stage::Greeting, {"421 4.3.2 not now", Then::CloseAfter});
  add_smart_hosts({{"127.0.0.1", port}});
  const auto replies =
      Mta(*services).deliver(carrier(kRelayedMessage, contents({"a@example.com"})), {"a@example.com"});
  BOOST_TEST(replies[0].starts_with("250 2.0.0 127.0.0.1:" + std::to_string(peer.port())), replies[0]);
}

BOOST_AUTO_TEST_CASE(a_host_that_takes_nothing_now_gives_way_to_the_next) {
  TlsPeer busy;
  busy.answer(Stage::Mail, {"451 4.3.2 busy"});
  add_smart_hosts({{"127.0.0.1", busy.port()}});
  // The connector has one authority: the first host proves nothing to it, so it is the other's.
  config->policy.connectors.front().tls_settings = rules::TlsSettings::EncryptionOnly;
  reconfigure();
  const auto replies =
      Mta(*services).deliver(carrier(kRelayedMessage, contents({"a@example.com"})), {"a@example.com"});
  BOOST_TEST(replies[0].starts_with("250 "), replies[0]);
  BOOST_TEST(busy.connections() == 1U);
  BOOST_TEST(peer.messages().size() == 1U);
}

BOOST_AUTO_TEST_CASE(without_any_host_the_mta_is_to_come_again) {
  peer.answer(Stage::Mail, {"450 4.7.1 greylisted"});
  const auto replies =
      Mta(*services).deliver(carrier(kRelayedMessage, contents({"a@example.com"})), {"a@example.com"});
  BOOST_TEST(replies[0] == "450 4.7.1 127.0.0.1:" + std::to_string(peer.port()) + ": 450 4.7.1 greylisted");
}

BOOST_AUTO_TEST_CASE(what_the_host_cannot_take_is_said_and_not_converted) {
  TlsPeer::Script script;
  script.words = {"SIZE 1000"};
  RelayFixture plain(script);
  const auto deliver = [&](const std::string& message, const std::string& to) {
    return Mta(*plain.services).deliver(plain.carrier(message, contents({to})), {to})[0];
  };
  BOOST_TEST(deliver("Subject: x\r\n\r\n\xE9\r\n", "a@example.com").starts_with("550 5.6.3 "));
  BOOST_TEST(deliver(kRelayedMessage, "\xC3\xA9@example.com").starts_with("550 5.6.7 "));
  BOOST_TEST(deliver(kRelayedMessage + std::string(2000, 'x'), "a@example.com").starts_with("552 5.3.4 "));
  BOOST_TEST(plain.peer.messages().empty());
}

BOOST_AUTO_TEST_CASE(smtputf8_is_needed_for_addresses_and_header_only) {
  const auto deliver = [](TlsPeer::Script script, const std::string& message) {
    RelayFixture relay(std::move(script));
    const auto reply = Mta(*relay.services)
                           .deliver(relay.carrier(message, contents({"a@example.com"})), {"a@example.com"},
                                    "MAIL FROM:<s@example.org> SMTPUTF8")[0];
    return reply + (relay.peer.messages().empty() ? "" : relay.peer.messages()[0].from);
  };
  TlsPeer::Script plain, offering;
  plain.words = {"8BITMIME"};
  offering.words = {"8BITMIME", "SMTPUTF8"};
  const std::string in_body = "Subject: x\r\n\r\n\xC3\xA9\r\n", in_header = "Subject: \xC3\xA9\r\n\r\n";
  BOOST_TEST(deliver(plain, in_body).ends_with("MAIL FROM:<s@example.org> BODY=8BITMIME"));
  BOOST_TEST(deliver(plain, in_header).starts_with("550 5.6.7 "));
  BOOST_TEST(deliver(offering, in_body).ends_with(" BODY=8BITMIME SMTPUTF8"));
  BOOST_TEST(deliver(offering, in_header).ends_with(" BODY=8BITMIME SMTPUTF8"));
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_found_is_no_reason_to_give_the_message_back) {
  auto& connector = config->policy.connectors.front();
  connector.smart_hosts = {{"no-such-host.invalid", 25}};
  reconfigure();
  const auto replies =
      Mta(*services).deliver(carrier(kRelayedMessage, contents({"a@example.com"})), {"a@example.com"});
  BOOST_TEST(replies[0].starts_with("451 4.4.1 no-such-host.invalid:25: resolve: "), replies[0]);
}

BOOST_AUTO_TEST_CASE(a_demand_for_another_conversation_is_no_word_about_the_message) {
  for (const auto* reply :
       {"530 5.7.0 Must issue a STARTTLS command first", "530 5.7.0 Authentication required",
        "503 5.5.1 Error: need AUTH", "535 5.7.8 bad", "538 5.7.11 Encryption required"})
    for (const auto stage : {Stage::Mail, Stage::Rcpt, Stage::Data, Stage::EndOfData}) {
      TlsPeer::Script script;
      script.answers[stage] = {reply};
      RelayFixture other(std::move(script));
      const auto answer =
          Mta(*other.services)
              .deliver(other.carrier(kRelayedMessage, contents({"a@example.com"})), {"a@example.com"})[0];
      BOOST_TEST(answer.starts_with("451 4."), reply << ": " << answer);
      BOOST_TEST(answer.find(reply) != std::string::npos, answer);
    }
}

BOOST_AUTO_TEST_CASE(flagged_mail_waits_while_pams_is_switched_off_and_other_mail_goes) {
  config->policy.pams.connector = "Zivver";
  config->policy.pams.enabled = false;
  reconfigure();
  const auto answer = [&](const std::string& message) {
    return Mta(*services).deliver(carrier(message, contents({"a@example.com"})), {"a@example.com"})[0];
  };
  const auto large = "X-Long: " + std::string(200'000, 'x') + "\r\n";
  for (const auto& message :
       {kRelayedMessage, std::string("ZIVVER-Relay : x.y\r\n"), large + "zivver-relay: a\r\n\r\nx\r\n"})
    BOOST_TEST(answer(message) == "451 4.7.1 [pams] enabled is false: flagged mail is not sent on");
  BOOST_TEST(peer.connections() == 0U);
  for (const auto& message : {"Subject: x\r\n\r\nzivver-relay: a.b\r\n"s,
                              "Subject: zivver-relay:\r\n zivver-relay: a\r\n"s, large + "\r\nHello\r\n"})
    BOOST_TEST(answer(message).starts_with("250 "));
  BOOST_TEST(peer.messages().size() == 3U);
  BOOST_TEST(peer.messages().back().content == kReceived + large + "\r\nHello\r\n");
  config->policy.pams.enabled = true;
  reconfigure();
  BOOST_TEST(answer(kRelayedMessage).starts_with("250 "));
}

BOOST_AUTO_TEST_CASE(a_connector_that_is_gone_is_the_postmasters_matter) {
  config->policy.connectors.front().name = "Other";
  reconfigure();
  const auto replies =
      Mta(*services).deliver(carrier(kRelayedMessage, contents({"a@example.com"})), {"a@example.com"});
  BOOST_TEST(replies[0].starts_with("451 4.3.5 "), replies[0]);
}

BOOST_AUTO_TEST_CASE(a_connection_serves_one_message_after_another) {
  for (const auto* to : {"a@example.com", "b@example.com"})
    BOOST_TEST(Mta(*services).deliver(carrier(kRelayedMessage, contents({to})), {to})[0].starts_with("250 "));
  BOOST_TEST(peer.connections() == 1U);
  BOOST_TEST(peer.messages().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_cached_connection_that_breaks_is_replaced) {
  TlsPeer::Script script;
  auto mails = std::make_shared<std::atomic<int>>(0);
  script.hook = [mails](Stage stage, const std::string&) -> TlsPeer::Answer {
    if (stage == Stage::Mail && ++*mails == 2) return {"", Then::Close};
    return {};
  };
  RelayFixture other(script);
  for (const auto* to : {"a@example.com", "b@example.com"})
    BOOST_TEST(Mta(*other.services)
                   .deliver(other.carrier(kRelayedMessage, contents({to})), {to})[0]
                   .starts_with("250 "));
  BOOST_TEST(other.peer.connections() == 2U);
}

BOOST_AUTO_TEST_CASE(a_new_configuration_gets_new_connections) {
  Mta(*services).deliver(carrier(kRelayedMessage, contents({"a@example.com"})), {"a@example.com"});
  reconfigure();
  Mta(*services).deliver(carrier(kRelayedMessage, contents({"b@example.com"})), {"b@example.com"});
  BOOST_TEST(peer.connections() == 2U);
}

BOOST_AUTO_TEST_CASE(a_host_that_cannot_prove_itself_gets_nothing) {
  TlsPeer::Script script;
  script.certificate = PeerCertificate::WrongName;
  RelayFixture other(script);
  const auto replies =
      Mta(*other.services)
          .deliver(other.carrier(kRelayedMessage, contents({"a@example.com"})), {"a@example.com"});
  BOOST_TEST(replies[0].starts_with("451 4.4.1 "), replies[0]);
  BOOST_TEST(other.peer.messages().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pams::test
