// What the MTA holds of a flagged message, and what comes back as a carrier.
#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "milter/seal/key_ring.hpp"
#include "milter/session/end_of_message.hpp"
#include "rules/base/text.hpp"
#include "tests/milter/session/end_of_message_fixture.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

/// A message as the MTA would bring it again.
std::string brought_again(const OpenedCarrier& carrier) {
  return text::replace_all(carrier.wire, "\r\n", "\n");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(end_of_message_carrier)

BOOST_AUTO_TEST_CASE(a_flagged_message_gets_its_route_before_anything_else_and_nothing_of_it_can_be_read) {
  const Gateway gateway(kDisclaimer + kArchiveFlagged);
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  const auto ending = connection.send(kFlaggedOffer);
  BOOST_TEST(ending.kind == 'c');
  BOOST_REQUIRE(ending.modifications.size() >= 2U);
  BOOST_TEST(ending.modifications[0].kind == 'h');
  BOOST_TEST(ending.modifications[0].data.starts_with("X-PAMS-Sealed| v1; id="));
  BOOST_TEST(ending.modifications[0].data.ends_with("; via=pams"));
  BOOST_TEST(std::ranges::count_if(ending.modifications, [](const auto& one) {
               return one.kind == 'e' && one.data == "<ann@example.org>|RET=HDRS";
             }) == 1);
  const auto carrier = open_carrier(ending, gateway.key_file());
  BOOST_TEST_REQUIRE(carrier.status.has_value());
  for (const auto* secret : {"offer", "secret", "Confidential.", "relay-1"})
    BOOST_TEST(carrier.wire.find(secret) == std::string::npos, secret);
  BOOST_TEST(carrier.message.find("Confidential.") != std::string::npos);
  BOOST_TEST(
      carrier.message.starts_with("From: ann@example.org\r\nSubject: offer\r\nzivver-relay: relay-1\r\n"));
  const auto line = milter.line_with("event=message");
  BOOST_TEST(line.find("qid=4Zq1 class=flagged verdict=accept route=Zivver") != std::string::npos);
  BOOST_TEST(line.find("offer") == std::string::npos);
  BOOST_TEST(line.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_field_that_came_is_taken_out_of_what_the_mta_holds) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  const auto ending = connection.send("X-A: 1\nSubject: offer\nX-A: 2\nzivver-relay: r.x\nx-a: 3\n\nb\n");
  std::vector<std::string> deleted;
  for (const auto& one : ending.modifications)
    if (one.kind == 'm') deleted.push_back(one.data);
  const std::vector<std::string> wanted{"3|x-a|", "1|zivver-relay|", "2|X-A|", "1|Subject|", "1|X-A|"};
  BOOST_TEST(deleted == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_envelope_is_sealed_with_the_message_and_added_recipients_are_in_it) {
  const Gateway gateway(R"(
[[transport_rule]]
name = "Copy"
[[transport_rule.do]]
blind_copy_to = "audit@example.org"
)");
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  const auto carrier = open_carrier(connection.send(kFlaggedOffer), gateway.key_file());
  BOOST_TEST_REQUIRE(carrier.status.has_value());
  BOOST_TEST(carrier.contents.sender == "ann@example.org");
  BOOST_TEST_REQUIRE(carrier.contents.recipients.size() == 2U);
  BOOST_TEST(carrier.contents.recipients[0].address == "bob@example.net");
  BOOST_TEST(carrier.contents.recipients[1].address == "audit@example.org");
  BOOST_TEST(carrier.contents.connector == "Zivver");
  BOOST_TEST(carrier.contents.size == carrier.message.size());
}

BOOST_AUTO_TEST_CASE(the_subject_stays_readable_where_the_operator_wants_it) {
  const Gateway gateway("", {"connector = \"Zivver\"", "connector = \"Zivver\"\ncarrier_subject = \"keep\""});
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  const auto carrier = open_carrier(connection.send(kFlaggedOffer), gateway.key_file());
  BOOST_TEST(carrier.wire.find("Subject: offer\r\n") != std::string::npos);
  BOOST_TEST(carrier.wire.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_the_gateway_has_sealed_keeps_its_route_and_is_not_changed_when_it_comes_again) {
  const Gateway gateway(kDisclaimer + kArchiveFlagged);
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  const auto carrier = open_carrier(connection.send(kFlaggedOffer), gateway.key_file());
  const auto again = connection.send(brought_again(carrier));
  BOOST_TEST(again.kind == 'c');
  BOOST_TEST_REQUIRE(again.modifications.size() == 1U);
  BOOST_TEST(again.modifications[0].kind == 'm');
  BOOST_TEST(again.modifications[0].data.starts_with("1|X-PAMS-Sealed| v1; id=" + carrier.id));
  BOOST_TEST(records_in(gateway.archive()) == 1U);
}

BOOST_AUTO_TEST_CASE(what_only_claims_to_be_sealed_or_was_changed_is_refused) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  const auto carrier = open_carrier(connection.send(kFlaggedOffer), gateway.key_file());
  auto changed = brought_again(carrier);
  const auto at = changed.find("\n\n", changed.find("base64")) + 40;
  changed[at] = changed[at] == 'A' ? 'B' : 'A';
  for (const auto& eml : {changed, std::string("X-PAMS-Sealed: forged\n\nb\n"),
                          std::string("X-PAMS-Sealed: forged\nzivver-relay: relay-1\n\nb\n")}) {
    const auto ending = connection.send(eml);
    BOOST_TEST(ending.text.starts_with("550 5.7.1 "));
    BOOST_TEST(ending.modifications.empty());
    BOOST_TEST(!milter.line_with("event=carrier_refused").empty());
  }
}

BOOST_AUTO_TEST_CASE(a_new_key_is_used_without_a_restart_and_the_old_one_still_opens) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  const auto before = open_carrier(connection.send(kFlaggedOffer), gateway.key_file());
  const auto ring = seal::KeyRing::read(gateway.key_file()).value();
  auto keys = ring.keys();
  keys.insert(keys.begin(), seal::new_key(std::chrono::sys_seconds{std::chrono::seconds{1800000000}}));
  const seal::KeyRing rotated(keys);
  BOOST_TEST_REQUIRE(seal::replace_key_file(gateway.key_file(), rotated).has_value());
  const auto after = connection.send(kFlaggedOffer);
  BOOST_TEST(after.modifications.at(0).data.find("key=" + rotated.current().id()) != std::string::npos);
  BOOST_TEST(open_carrier(after, gateway.key_file()).status.has_value());
  BOOST_TEST(connection.send(brought_again(before)).kind == 'c');
}

BOOST_AUTO_TEST_CASE(without_leading_blanks_the_header_is_the_same) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket(), "127.0.0.1", Offer{.steps = 0x0fffff});
  BOOST_TEST(
      open_carrier(connection.send(kFlaggedOffer), gateway.key_file()).message.starts_with("From: ann@"));
}

BOOST_AUTO_TEST_SUITE_END()
