// Which messages are let through, and with which answer.
#include "milter/session/end_of_message.hpp"

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "milter/session/mta_changes.hpp"
#include "tests/milter/session/end_of_message_fixture.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

constexpr std::uint32_t kNoReplyToRecipient = 0x8000;

}  // namespace

BOOST_AUTO_TEST_SUITE(end_of_message)

BOOST_AUTO_TEST_CASE(an_ordinary_message_without_a_matching_rule_passes_untouched) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  const auto ending = connection.send(kOrdinaryOffer);
  BOOST_TEST(ending.kind == 'c');
  BOOST_TEST(ending.modifications.empty());
  BOOST_TEST(milter.line_with("event=message").find("class=outbound verdict=accept") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_second_message_on_the_connection_shares_nothing_with_the_first) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  BOOST_TEST(connection.send(kFlaggedOffer).first('h') != nullptr);
  BOOST_TEST(connection.send(kOrdinaryOffer).modifications.empty());
  BOOST_TEST(connection.send(kFlaggedOffer).first('h') != nullptr);
}

BOOST_AUTO_TEST_CASE(a_flag_in_any_letter_case_folded_or_empty_is_a_flag) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  BOOST_TEST(connection.send("ZIVVER-Relay: relay-1\n\nb\n").first('h') != nullptr);
  BOOST_TEST(connection.send("zivver-relay:\n relay-1\n\nb\n").first('h') != nullptr);
  BOOST_TEST(connection.send("zivver-relay : relay-1\n\nb\n").first('h') != nullptr);
  const auto empty = connection.send("zivver-relay:\n\nb\n");  // does not match pams.pattern: an anomaly
  BOOST_TEST(empty.text == "451 4.7.1 Message cannot be handled now, try again later");
  BOOST_TEST(empty.modifications.empty());
}

BOOST_AUTO_TEST_CASE(flagged_mail_waits_while_the_route_is_not_verified) {
  const Gateway gateway(kArchiveFlagged);
  const auto services = gateway.services();
  services->route_guard = std::make_shared<RoutingIs>(false);
  RunningMilter milter(services);
  MilterConnection connection(gateway.socket());
  const auto ending = connection.send(kFlaggedOffer);
  BOOST_TEST(ending.text == "451 4.7.1 Secure delivery temporarily unavailable");
  BOOST_TEST(ending.modifications.empty());
  BOOST_TEST(records_in(gateway.archive()) == 0U);
  BOOST_TEST(milter.line_with("event=route_unverified").find("milter_header_checks") != std::string::npos);
  BOOST_TEST(connection.send(kOrdinaryOffer).kind == 'c');
}

BOOST_AUTO_TEST_CASE(without_a_readable_key_flagged_mail_waits_until_there_is_one) {
  const Gateway gateway(kArchiveFlagged);
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  std::filesystem::rename(gateway.key_file(), gateway.key_file() + ".away");
  BOOST_TEST(connection.send(kFlaggedOffer).text == "451 4.7.1 Secure delivery temporarily unavailable");
  BOOST_TEST(records_in(gateway.archive()) == 0U);
  std::filesystem::rename(gateway.key_file() + ".away", gateway.key_file());
  BOOST_TEST(connection.send(kFlaggedOffer).kind == 'c');
}

BOOST_AUTO_TEST_CASE(while_the_mta_may_remove_the_flag_all_mail_of_trusted_peers_to_the_outside_waits) {
  const Gateway gateway;
  const auto services = gateway.services();
  services->route_guard = std::make_shared<RoutingIs>(true, false);
  RunningMilter milter(services);
  MilterConnection connection(gateway.socket());
  // A rule that redirects by content never lets the milter see the end: so the recipient is refused before
  // it.
  BOOST_TEST((connection.client.steps() & kNoReplyToRecipient) == 0U);
  connection.client.mail("ann@example.org");
  BOOST_TEST(connection.client.recipient("bob@example.net") == 'y');
  BOOST_TEST(connection.client.recipient("carol@example.org") == 'c');
  connection.client.header("Subject", "hello");
  BOOST_TEST(connection.client.end_of_message().kind == 'c');  // the refused one is no part of it
  BOOST_TEST(connection.send(kOrdinaryOffer, {"carol@example.org"}).kind == 'c');
  MilterConnection stranger(gateway.socket(), "192.0.2.1");
  BOOST_TEST(stranger.send(kOrdinaryOffer, {"carol@example.org"}).kind == 'c');
}

BOOST_AUTO_TEST_CASE(a_flag_from_an_untrusted_peer_is_not_relayed) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket(), "192.0.2.1");
  BOOST_TEST(connection.send(kFlaggedOffer).text.starts_with("451 4.7.1 "));
  BOOST_TEST(!milter.line_with("event=untrusted_flag").empty());
  const auto inbound = connection.send(kFlaggedOffer, {"bob@example.org"});
  BOOST_TEST(inbound.kind == 'c');
  BOOST_TEST((inbound.first('h') == nullptr));
  BOOST_TEST(inbound.modifications.at(0).data == "1|zivver-relay|");
}

BOOST_AUTO_TEST_CASE(a_new_body_goes_back_in_pieces_of_65535_bytes_and_complete) {
  const Gateway gateway(kDisclaimer);
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  std::string eml = "Subject: big\n\n";
  std::string wire;
  for (int i = 0; i < 20000; ++i) {
    const auto line = "line " + std::to_string(i);
    eml += line + "\n";
    wire += line + "\r\n";
  }
  const auto ending = connection.send(eml);
  BOOST_TEST(ending.body().starts_with(wire));
  for (std::size_t i = 0; i + 1 < ending.modifications.size(); ++i)
    if (ending.modifications[i].kind == 'b' && ending.modifications[i + 1].kind == 'b')
      BOOST_TEST(ending.modifications[i].data.size() == session::kBodyPiece);
}

BOOST_AUTO_TEST_CASE(a_rule_may_refuse_discard_or_quarantine) {
  const Gateway gateway(R"(
[[transport_rule]]
name = "No"
[transport_rule.if]
subject_contains_words = ["no"]
[[transport_rule.do]]
reject_message = { reason_text = "100% not here" }
[[transport_rule]]
name = "Away"
[transport_rule.if]
subject_contains_words = ["away"]
[[transport_rule.do]]
delete_message = {}
[[transport_rule]]
name = "Hold"
[transport_rule.if]
subject_contains_words = ["hold"]
[[transport_rule.do]]
quarantine = {}
)");
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  const auto refused = connection.send("Subject: no\n\nb\n");
  BOOST_TEST(refused.kind == 'y');
  BOOST_TEST(refused.text == "550 5.7.1 100%% not here");  // the MTA makes one % of two
  BOOST_TEST(connection.send("Subject: away\n\nb\n").kind == 'd');
  const auto held = connection.send("Subject: hold\n\nb\n");
  BOOST_TEST(held.kind == 'c');
  BOOST_TEST((held.first('q') != nullptr));
}

BOOST_AUTO_TEST_CASE(too_many_recipients_are_refused_for_now) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  BOOST_TEST(connection.send(kOrdinaryOffer, {"a@x.example", "b@x.example", "c@x.example"}).kind == 'c');
  BOOST_TEST(
      connection.send(kFlaggedOffer, {"a@x.example", "b@x.example", "c@x.example", "d@x.example"}).text ==
      "452 4.5.3 Too many recipients");
}

BOOST_AUTO_TEST_CASE(a_flag_behind_the_header_limit_is_still_seen) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  std::string eml;
  for (int i = 0; i < 60; ++i) eml += "X-Filler: x\n";
  const auto ending = connection.send(eml + "zivver-relay: relay-1\n\nb\n");
  BOOST_TEST(ending.text.starts_with("451 "));
  BOOST_TEST(milter.line_with("event=message").find("class=anomaly") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_plan_that_forgets_the_flag_is_not_carried_out) {
  const Gateway gateway;
  const auto services = gateway.services();
  services->evaluate = [](const rules::Policy&, Message message, const Envelope&, const Client&,
                          std::string_view, const rules::EvaluationContext&) {
    rules::Plan plan;  // accept, normal route
    plan.outgoing = std::move(message);
    return plan;
  };
  RunningMilter milter(services);
  MilterConnection connection(gateway.socket());
  BOOST_TEST(connection.send(kOrdinaryOffer).kind == 'c');
  BOOST_TEST(connection.send(kFlaggedOffer).text == "451 4.3.0 Service temporarily unavailable");
  BOOST_TEST(milter.line_with("event=exception").find("flag") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
