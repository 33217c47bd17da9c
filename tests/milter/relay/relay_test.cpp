#include <algorithm>
#include <set>

#include <boost/test/unit_test.hpp>

#include "tests/support/relay_fixture.hpp"

namespace pams::test {
using namespace pams::milter;
using namespace pams::milter::relay;
namespace {

using pams::test::Bytes;
using Stage = TlsPeer::Stage;
using Then = TlsPeer::Then;

BOOST_FIXTURE_TEST_SUITE(relay, RelayFixture)

BOOST_AUTO_TEST_CASE(the_smart_host_gets_the_message_byte_by_byte) {
  const std::string message =
      "From: s@example.org\r\nSubject: caf\xC3\xA9\r\n\r\n.\r\n..two\r\n.one\r\n\xFF\x01 bytes\r\nno line end";
  const auto replies =
      Mta(*services).deliver(carrier(message, contents({"a@example.com"})), {"a@example.com"});
  const auto host = "127.0.0.1:" + std::to_string(peer.port());
  BOOST_TEST(replies.front().starts_with("250 2.0.0 " + host + ": 250 "), replies.front());
  const auto got = peer.messages();
  BOOST_REQUIRE(got.size() == 1U);
  BOOST_TEST(got[0].over_tls);
  BOOST_TEST(got[0].accepted);
  BOOST_TEST(Bytes(got[0].content) == Bytes(kReceived + message + "\r\n"));
  BOOST_TEST(got[0].from == "MAIL FROM:<s@example.org> SIZE=" +
                                std::to_string(message.size() + kReceived.size()) + " BODY=8BITMIME");
}

BOOST_AUTO_TEST_CASE(a_large_message_arrives_whole) {
  std::string message = "From: s@example.org\r\n\r\n";
  while (message.size() < 3'000'000)
    message += ".line that begins with a dot " + std::to_string(message.size()) + "\r\n";
  const auto replies =
      Mta(*services).deliver(carrier(message, contents({"a@example.com"})), {"a@example.com"});
  BOOST_TEST(replies.front().starts_with("250 "));
  BOOST_TEST((peer.messages().at(0).content == kReceived + message));
}

BOOST_AUTO_TEST_CASE(what_the_client_asked_for_goes_to_a_host_that_offers_dsn) {
  auto sealed = contents({});
  sealed.envelope_id = "ENVID=QQ314159";
  sealed.recipients.push_back({"a@example.com", "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;A@example.com"});
  Mta(*services).deliver(carrier(kRelayedMessage, sealed), {"<a@example.com> NOTIFY=NEVER"});
  const auto got = peer.messages().at(0);
  BOOST_TEST(got.from.ends_with(" ENVID=QQ314159"));
  BOOST_TEST(got.from.find("RET=") == std::string::npos);
  BOOST_TEST(got.recipients.at(0) ==
             "RCPT TO:<a@example.com> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;A@example.com");
}

BOOST_AUTO_TEST_CASE(what_the_mta_alone_knows_that_was_asked_for_goes_on_too) {
  const auto sealed = carrier(kRelayedMessage, contents({"a@example.com", "b@example.com"}));
  Mta(*services).deliver(sealed, {"<a@example.com> NOTIFY=NEVER ORCPT=rfc822;first@example.com",
                                  "<b@example.com> ORCPT=rfc822;b@example.com"});
  const auto got = peer.messages().at(0);
  BOOST_TEST(got.recipients.at(0) == "RCPT TO:<a@example.com> NOTIFY=NEVER ORCPT=rfc822;first@example.com");
  BOOST_TEST(got.recipients.at(1) == "RCPT TO:<b@example.com>");
}

BOOST_AUTO_TEST_CASE(a_delivery_is_recorded_with_what_proved_the_host) {
  const auto sealed = carrier(kRelayedMessage, contents({"a@example.com"}));
  Mta(*services).deliver(sealed, {"a@example.com"});
  const auto known = recorded(sealed, "a@example.com");
  BOOST_REQUIRE(known.has_value());
  BOOST_TEST(known->certificate == peer.certificate_digest());
  BOOST_TEST(known->verified);
  BOOST_TEST(known->connector == "Zivver");
  BOOST_TEST(known->address == "127.0.0.1");
  BOOST_TEST(known->protocol == "TLSv1.3");
  BOOST_TEST(known->reply.starts_with("250 "), known->reply);
}

BOOST_AUTO_TEST_CASE(what_was_sent_is_answered_again_and_not_sent_again) {
  const auto sealed = carrier(kRelayedMessage, contents({"a@example.com", "b@example.com"}));
  Mta(*services).deliver(sealed, {"a@example.com"});
  RelayServices restarted(config);
  const auto again = Mta(restarted).deliver(sealed, {"a@example.com", "b@example.com"});
  BOOST_TEST(again[0].starts_with("250 2.0.0 sent already at 20"), again[0]);
  BOOST_TEST(again[1].starts_with("250 2.0.0 127.0.0.1"), again[1]);
  BOOST_REQUIRE(peer.messages().size() == 2U);
  BOOST_TEST(peer.messages()[1].recipients == std::vector<std::string>{"RCPT TO:<b@example.com>"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_smart_host_sees_no_final_dot_when_the_mta_hangs_up) {
  const auto sealed =
      carrier(kRelayedMessage + std::string(200'000, 'x') + "\r\n", contents({"a@example.com"}));
  Mta mta(*services);
  mta.envelope({"a@example.com"});
  mta.ask("DATA");
  mta.send(sealed);  // all of it, but not the dot
  peer.wait_for(Stage::Content);
  mta.hang_up();
  mta.join();
  BOOST_TEST(peer.messages().empty());
  BOOST_TEST(!recorded(sealed, "a@example.com").has_value());
}

BOOST_AUTO_TEST_CASE(a_carrier_that_is_cut_short_is_refused_without_the_dot) {
  auto sealed = carrier(kRelayedMessage + std::string(200'000, 'x') + "\r\n", contents({"a@example.com"}));
  sealed.resize(sealed.rfind("\r\n", sealed.size() / 2) + 2);
  const auto replies = Mta(*services).deliver(sealed, {"a@example.com"});
  BOOST_TEST(replies[0] == "550 5.7.1 not a message sealed by this gateway, or changed on its way");
  BOOST_TEST(peer.messages().empty());
}

BOOST_AUTO_TEST_CASE(a_carrier_that_was_changed_is_refused_without_the_dot) {
  auto sealed = carrier(kRelayedMessage + std::string(200'000, 'x') + "\r\n",
                        contents({"a@example.com", "b@example.com"}));
  auto& changed = sealed[sealed.size() - 10'000];
  changed = changed == 'A' ? 'B' : 'A';
  for (const auto& reply : Mta(*services).deliver(sealed, {"a@example.com", "b@example.com"}))
    BOOST_TEST(reply.starts_with("550 5.7.1 "), reply);
  BOOST_TEST(peer.messages().empty());
}

BOOST_AUTO_TEST_CASE(what_is_no_carrier_is_refused) {
  const auto replies = Mta(*services).deliver(kRelayedMessage, {"a@example.com"});
  BOOST_TEST(replies[0].starts_with("550 5.7.1 "), replies[0]);
  BOOST_TEST(peer.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(a_key_that_is_missing_is_the_postmasters_matter) {
  const auto other = seal::new_key(std::chrono::sys_seconds(std::chrono::seconds(1)));
  const auto replies =
      Mta(*services).deliver(carrier(other, kRelayedMessage, contents({"a@example.com"})), {"a@example.com"});
  BOOST_TEST(replies[0] == "451 4.3.5 sealed with a key that is not in seal.key");
}

BOOST_AUTO_TEST_CASE(each_recipient_gets_its_own_answer) {
  TlsPeer::Script script;
  script.hook = [](Stage stage, const std::string& line) -> TlsPeer::Answer {
    if (stage != Stage::Rcpt) return {};
    if (line.find("later@") != std::string::npos) return {"452 4.2.2 full"};
    if (line.find("never@") != std::string::npos) return {"550 no such user"};
    return {};
  };
  RelayFixture other(script);
  const std::vector<std::string> all{"a@example.com", "later@example.com", "never@example.com"};
  const auto sealed = other.carrier(kRelayedMessage, contents(all));
  const auto replies = Mta(*other.services).deliver(sealed, all);
  BOOST_TEST(replies[0].starts_with("250 2.0.0 "), replies[0]);
  BOOST_TEST(replies[1].starts_with("452 4.2.2 127.0.0.1"), replies[1]);
  BOOST_TEST(replies[2].starts_with("550 5.0.0 127.0.0.1"), replies[2]);
  BOOST_TEST(other.peer.messages().at(0).recipients.size() == 1U);
  BOOST_TEST(other.recorded(sealed, "a@example.com").has_value());
  BOOST_TEST(!other.recorded(sealed, "later@example.com").has_value());
}

BOOST_AUTO_TEST_CASE(a_message_that_the_host_refuses_is_refused) {
  peer.answer(Stage::EndOfData, {"554 5.6.0 no"});
  const auto sealed = carrier(kRelayedMessage, contents({"a@example.com"}));
  const auto replies = Mta(*services).deliver(sealed, {"a@example.com"});
  BOOST_TEST(replies[0].starts_with("554 5.6.0 "), replies[0]);
  BOOST_TEST(!recorded(sealed, "a@example.com").has_value());
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_lost_is_no_delivery) {
  peer.answer(Stage::EndOfData, {"", Then::Close});
  const auto sealed = carrier(kRelayedMessage, contents({"a@example.com"}));
  const auto replies = Mta(*services).deliver(sealed, {"a@example.com"});
  BOOST_TEST(replies[0].starts_with("451 4.4.2 "), replies[0]);
  BOOST_TEST(!recorded(sealed, "a@example.com").has_value());
}

BOOST_AUTO_TEST_CASE(a_recipient_that_the_mta_added_gets_nothing) {
  const auto replies =
      Mta(*services).deliver(carrier(kRelayedMessage, contents({"a@example.com"})),
                             {"a@example.com", "<copy@example.org> ORCPT=rfc822;copy@example.org"});
  BOOST_TEST(replies[0].starts_with("250 2.0.0 "));
  BOOST_TEST(replies[1] == "250 2.1.5 <copy@example.org> not a recipient of the sealed message, dropped");
  BOOST_TEST(peer.messages().at(0).recipients == std::vector<std::string>{"RCPT TO:<a@example.com>"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_recipient_that_the_mta_added_is_refused_where_that_is_wanted) {
  config->policy.pams.extra_recipients = rules::ExtraRecipients::Refuse;
  reconfigure();
  const auto replies =
      Mta(*services).deliver(carrier(kRelayedMessage, contents({"a@example.com"})), {"copy@example.org"});
  BOOST_TEST(replies[0].starts_with("550 5.7.1 "), replies[0]);
  BOOST_TEST(peer.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(a_rewritten_recipient_is_known_by_its_original) {
  const auto replies = Mta(*services).deliver(
      carrier(kRelayedMessage, contents({"ina+x@example.com"})),
      {"<box@mail.example.com> ORCPT=rfc822;ina+2Bx@example.com", "INA+X@EXAMPLE.COM"});
  for (const auto& reply : replies) BOOST_TEST(reply.starts_with("250 2.0.0 "), reply);
  BOOST_TEST(peer.messages().at(0).recipients == std::vector<std::string>{"RCPT TO:<ina+x@example.com>"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(two_sessions_with_one_seal_do_not_both_send) {
  const auto sealed = carrier(kRelayedMessage, contents({"a@example.com"}));
  Mta first(*services);
  first.envelope({"a@example.com"});
  first.ask("DATA");
  first.send(with_dots(sealed));  // not the end
  peer.wait_for(Stage::Content);
  const auto second = Mta(*services).deliver(sealed, {"a@example.com"});
  BOOST_TEST(second[0] == "451 4.3.0 in delivery by another session");
  first.send(".\r\n");
  BOOST_TEST(first.reply().starts_with("250 2.0.0 "));
  BOOST_TEST(peer.messages().size() == 1U);
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_when_it_is_not_known_what_was) {
  directory.write("relay.db", std::string(4096, 'x'));
  const auto replies =
      Mta(*services).deliver(carrier(kRelayedMessage, contents({"a@example.com"})), {"a@example.com"});
  BOOST_TEST(replies[0].starts_with("451 4.3.0 "), replies[0]);
  BOOST_TEST(peer.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(a_refused_report_waits_and_goes_to_the_other_mailbox) {
  std::set<std::string> refused{"journal@example.org"};
  TlsPeer::Script script;
  script.hook = [&](Stage stage, const std::string& line) -> TlsPeer::Answer {
    const bool is_no = stage == Stage::Rcpt && std::ranges::any_of(refused, [&](const auto& one) {
                         return line.find(one) != std::string::npos;
                       });
    return is_no ? TlsPeer::Answer{"550 5.1.1 no such mailbox"} : TlsPeer::Answer{};
  };
  RelayFixture relay(script);
  auto& destination = relay.config->policy.journal.deliver_to;
  destination.kind = rules::ReportDestination::Kind::Connector;
  destination.connector = "Zivver";
  relay.reconfigure();
  auto report = contents({"journal@example.org", "alternate@example.org"});
  report.kind = seal::Contents::Kind::JournalReport;
  const auto wire = relay.carrier(kRelayedMessage, report);
  const auto deliver = [&] { return Mta(*relay.services).deliver(wire, {"journal@example.org"})[0]; };
  refused.insert("alternate@example.org");
  for (int i = 0; i < 2; ++i) BOOST_TEST(deliver().starts_with("451 4.1.1 "));
  relay.config->policy.pams.extra_recipients = rules::ExtraRecipients::Refuse;
  relay.reconfigure();
  const auto both = Mta(*relay.services).deliver(wire, {"journal@example.org", "added@example.org"});
  BOOST_TEST(both[0].starts_with("451 "), both[0]);
  BOOST_TEST(both[1].starts_with("550 5.7.1 "), both[1]);
  BOOST_TEST(relay.peer.messages().empty());
  refused.erase("alternate@example.org");
  BOOST_TEST(deliver().starts_with("250 "));
  BOOST_TEST(relay.peer.messages().at(0).recipients.at(0) == "RCPT TO:<alternate@example.org>");
  refused.clear();
  BOOST_TEST(deliver().find("sent already") != std::string::npos);
  BOOST_TEST(relay.peer.messages().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pams::test
