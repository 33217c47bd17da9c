#include "milter/session/end_of_message.hpp"

#include <algorithm>
#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "milter/archive/archive_database.hpp"
#include "milter/archive/object_store.hpp"
#include "milter/session/apply.hpp"
#include "rules/base/text.hpp"
#include "tests/support/files.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/milter_client.hpp"
#include "tests/support/opened_carrier.hpp"
#include "tests/support/running_milter.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::milter::test;

namespace {

constexpr std::string_view kFlagged =
    "From: ann@example.org\n"
    "Subject: offer\n"
    "zivver-relay: relay-1\n"
    "\n"
    "secret\n";

constexpr std::string_view kOrdinary =
    "From: ann@example.org\n"
    "Subject: hello\n"
    "\n"
    "hello\n";

const std::string kDisclaimer = R"(
[[transport_rule]]
name = "Disclaimer"
[[transport_rule.do]]
apply_html_disclaimer = { location = "append", html = "<p>Confidential.</p>", fallback_action = "ignore" }
)";

constexpr std::uint32_t kNoReplyToRecipient = 0x8000;

class FullArchive : public archive::ArchiveStore {
 public:
  Result<std::unique_ptr<Prepared>> prepare(const archive::ArchiveRecord&) override {
    return fail(Failure::Temporary, "No space left on device");
  }
  Result<bool> mark(const archive::ArchivedTry&, archive::RecordOutcome, const std::string&) override {
    return false;
  }
};

struct Connection {
  explicit Connection(const std::string& socket, const std::string& from = "127.0.0.1", Offer offer = {})
      : client(socket, offer) {
    client.connect(from);
  }
  Ending send(std::string_view eml, const std::vector<std::string>& to = {"bob@example.net"}) {
    return client.send("ann@example.org", to, eml);
  }
  MilterClient client;
};

std::vector<archive::RecordRow> rows_in(const std::string& archive) {
  std::vector<archive::RecordRow> rows;
  auto database = archive::ArchiveDatabase::open(archive, sqlite::Access::ReadOnly);
  if (!database) return rows;
  const auto read = database->each_record(0, [&](const archive::RecordRow& row) {
    rows.push_back(row);
    return true;
  });
  BOOST_TEST(read.has_value());
  return rows;
}

std::size_t records_in(const std::string& archive) { return rows_in(archive).size(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(end_of_message)

BOOST_AUTO_TEST_CASE(a_flagged_message_gets_its_route_before_anything_else_and_nothing_of_it_can_be_read) {
  const Gateway gateway(kDisclaimer + kArchiveFlagged);
  RunningMilter milter(gateway.services());
  Connection connection(gateway.socket());
  const auto ending = connection.send(kFlagged);
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
  Connection connection(gateway.socket());
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
  Connection connection(gateway.socket());
  const auto carrier = open_carrier(connection.send(kFlagged), gateway.key_file());
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
  Connection connection(gateway.socket());
  const auto carrier = open_carrier(connection.send(kFlagged), gateway.key_file());
  BOOST_TEST(carrier.wire.find("Subject: offer\r\n") != std::string::npos);
  BOOST_TEST(carrier.wire.find("secret") == std::string::npos);
}

/// A message as the MTA would bring it again.
std::string brought_again(const OpenedCarrier& carrier) {
  return text::replace_all(carrier.wire, "\r\n", "\n");
}

BOOST_AUTO_TEST_CASE(what_the_gateway_has_sealed_keeps_its_route_and_is_not_changed_when_it_comes_again) {
  const Gateway gateway(kDisclaimer + kArchiveFlagged);
  RunningMilter milter(gateway.services());
  Connection connection(gateway.socket());
  const auto carrier = open_carrier(connection.send(kFlagged), gateway.key_file());
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
  Connection connection(gateway.socket());
  const auto carrier = open_carrier(connection.send(kFlagged), gateway.key_file());
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

BOOST_AUTO_TEST_CASE(what_is_archived_is_what_is_sealed) {
  const Gateway gateway(kDisclaimer + kArchiveFlagged);
  RunningMilter milter(gateway.services());
  Connection connection(gateway.socket());
  const auto carrier = open_carrier(connection.send(kFlagged), gateway.key_file());
  const auto rows = rows_in(gateway.archive());
  BOOST_REQUIRE(rows.size() == 1U);
  archive::ObjectStore objects(gateway.archive(), std::make_shared<Disk>());
  const auto kept = objects.load(rows[0].sent, 1U << 20U).value();
  BOOST_TEST(kept == carrier.message);
  const auto received = objects.load(rows[0].received, 1U << 20U).value();
  BOOST_TEST(received.find("Confidential.") == std::string::npos);
  BOOST_TEST(rows[0].actions.size() == 2U);
}

BOOST_AUTO_TEST_CASE(the_same_message_sent_again_is_archived_once) {
  const Gateway gateway(kArchiveFlagged);
  RunningMilter milter(gateway.services());
  Connection connection(gateway.socket());
  BOOST_TEST(connection.send(kFlagged).kind == 'c');
  BOOST_TEST(connection.send(kFlagged).kind == 'c');
  BOOST_TEST(records_in(gateway.archive()) == 1U);
}

BOOST_AUTO_TEST_CASE(an_ordinary_message_without_a_matching_rule_passes_untouched) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  Connection connection(gateway.socket());
  const auto ending = connection.send(kOrdinary);
  BOOST_TEST(ending.kind == 'c');
  BOOST_TEST(ending.modifications.empty());
  BOOST_TEST(milter.line_with("event=message").find("class=outbound verdict=accept") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_second_message_on_the_connection_shares_nothing_with_the_first) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  Connection connection(gateway.socket());
  BOOST_TEST(connection.send(kFlagged).first('h') != nullptr);
  BOOST_TEST(connection.send(kOrdinary).modifications.empty());
  BOOST_TEST(connection.send(kFlagged).first('h') != nullptr);
}

BOOST_AUTO_TEST_CASE(a_flag_in_any_letter_case_folded_or_empty_is_a_flag) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  Connection connection(gateway.socket());
  BOOST_TEST(connection.send("ZIVVER-Relay: relay-1\n\nb\n").first('h') != nullptr);
  BOOST_TEST(connection.send("zivver-relay:\n relay-1\n\nb\n").first('h') != nullptr);
  BOOST_TEST(connection.send("zivver-relay : relay-1\n\nb\n").first('h') != nullptr);
  const auto empty = connection.send("zivver-relay:\n\nb\n");  // does not match pams.pattern: an anomaly
  BOOST_TEST(empty.text == "451 4.7.1 Message cannot be handled now, try again later");
  BOOST_TEST(empty.modifications.empty());
}

BOOST_AUTO_TEST_CASE(a_full_archive_defers_the_message_and_nothing_was_changed) {
  const Gateway gateway(kDisclaimer + kArchiveFlagged);
  const auto services = gateway.services();
  services->archives["compliance"] = std::make_shared<FullArchive>();
  RunningMilter milter(services);
  Connection connection(gateway.socket());
  const auto ending = connection.send(kFlagged);
  BOOST_TEST(ending.text == "451 4.3.0 Service temporarily unavailable");
  BOOST_TEST(ending.modifications.empty());
  BOOST_TEST(milter.line_with("event=archive_failed").find("No space left") != std::string::npos);
  BOOST_TEST(connection.send(kOrdinary).kind == 'c');  // ordinary mail is not held up
}

BOOST_AUTO_TEST_CASE(an_archive_that_nobody_can_write_defers_the_message) {
  const Gateway gateway(kArchiveFlagged);
  pams::test::write_file(gateway.archive(), "a file in the way");
  RunningMilter milter(gateway.services());
  Connection connection(gateway.socket());
  const auto ending = connection.send(kFlagged);
  BOOST_TEST(ending.text == "451 4.3.0 Service temporarily unavailable");
  BOOST_TEST(ending.modifications.empty());
}

BOOST_AUTO_TEST_CASE(flagged_mail_waits_while_the_route_is_not_verified) {
  const Gateway gateway(kArchiveFlagged);
  const auto services = gateway.services();
  services->route_guard = std::make_shared<RoutingIs>(false);
  RunningMilter milter(services);
  Connection connection(gateway.socket());
  const auto ending = connection.send(kFlagged);
  BOOST_TEST(ending.text == "451 4.7.1 Secure delivery temporarily unavailable");
  BOOST_TEST(ending.modifications.empty());
  BOOST_TEST(records_in(gateway.archive()) == 0U);
  BOOST_TEST(milter.line_with("event=route_unverified").find("milter_header_checks") != std::string::npos);
  BOOST_TEST(connection.send(kOrdinary).kind == 'c');
}

BOOST_AUTO_TEST_CASE(without_a_readable_key_flagged_mail_waits_until_there_is_one) {
  const Gateway gateway(kArchiveFlagged);
  RunningMilter milter(gateway.services());
  Connection connection(gateway.socket());
  std::filesystem::rename(gateway.key_file(), gateway.key_file() + ".away");
  BOOST_TEST(connection.send(kFlagged).text == "451 4.7.1 Secure delivery temporarily unavailable");
  BOOST_TEST(records_in(gateway.archive()) == 0U);
  std::filesystem::rename(gateway.key_file() + ".away", gateway.key_file());
  BOOST_TEST(connection.send(kFlagged).kind == 'c');
}

BOOST_AUTO_TEST_CASE(while_the_mta_may_remove_the_flag_all_mail_of_trusted_peers_to_the_outside_waits) {
  const Gateway gateway;
  const auto services = gateway.services();
  services->route_guard = std::make_shared<RoutingIs>(true, false);
  RunningMilter milter(services);
  Connection connection(gateway.socket());
  // A rule that redirects by content never lets the milter see the end: so the recipient is refused before
  // it.
  BOOST_TEST((connection.client.steps() & kNoReplyToRecipient) == 0U);
  connection.client.mail("ann@example.org");
  BOOST_TEST(connection.client.recipient("bob@example.net") == 'y');
  BOOST_TEST(connection.client.recipient("carol@example.org") == 'c');
  connection.client.header("Subject", "hello");
  BOOST_TEST(connection.client.end_of_message().kind == 'c');  // the refused one is no part of it
  BOOST_TEST(connection.send(kOrdinary, {"carol@example.org"}).kind == 'c');
  Connection stranger(gateway.socket(), "192.0.2.1");
  BOOST_TEST(stranger.send(kOrdinary, {"carol@example.org"}).kind == 'c');
}

BOOST_AUTO_TEST_CASE(a_new_key_is_used_without_a_restart_and_the_old_one_still_opens) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  Connection connection(gateway.socket());
  const auto before = open_carrier(connection.send(kFlagged), gateway.key_file());
  const auto ring = seal::KeyRing::read(gateway.key_file()).value();
  auto keys = ring.keys();
  keys.insert(keys.begin(), seal::new_key(std::chrono::sys_seconds{std::chrono::seconds{1800000000}}));
  const seal::KeyRing rotated(keys);
  BOOST_TEST_REQUIRE(seal::replace_key_file(gateway.key_file(), rotated).has_value());
  const auto after = connection.send(kFlagged);
  BOOST_TEST(after.modifications.at(0).data.find("key=" + rotated.current().id()) != std::string::npos);
  BOOST_TEST(open_carrier(after, gateway.key_file()).status.has_value());
  BOOST_TEST(connection.send(brought_again(before)).kind == 'c');
}

BOOST_AUTO_TEST_CASE(a_flag_from_an_untrusted_peer_is_not_relayed) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  Connection connection(gateway.socket(), "192.0.2.1");
  BOOST_TEST(connection.send(kFlagged).text.starts_with("451 4.7.1 "));
  BOOST_TEST(!milter.line_with("event=untrusted_flag").empty());
  const auto inbound = connection.send(kFlagged, {"bob@example.org"});
  BOOST_TEST(inbound.kind == 'c');
  BOOST_TEST((inbound.first('h') == nullptr));
  BOOST_TEST(inbound.modifications.at(0).data == "1|zivver-relay|");
}

BOOST_AUTO_TEST_CASE(a_new_body_goes_back_in_pieces_of_65535_bytes_and_complete) {
  const Gateway gateway(kDisclaimer);
  RunningMilter milter(gateway.services());
  Connection connection(gateway.socket());
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
  Connection connection(gateway.socket());
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
  Connection connection(gateway.socket());
  BOOST_TEST(connection.send(kOrdinary, {"a@x.example", "b@x.example", "c@x.example"}).kind == 'c');
  BOOST_TEST(connection.send(kFlagged, {"a@x.example", "b@x.example", "c@x.example", "d@x.example"}).text ==
             "452 4.5.3 Too many recipients");
}

BOOST_AUTO_TEST_CASE(a_flag_behind_the_header_limit_is_still_seen) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  Connection connection(gateway.socket());
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
                          std::string_view, const rules::Moment&) {
    rules::Plan plan;  // accept, normal route
    plan.outgoing = std::move(message);
    return plan;
  };
  RunningMilter milter(services);
  Connection connection(gateway.socket());
  BOOST_TEST(connection.send(kOrdinary).kind == 'c');
  BOOST_TEST(connection.send(kFlagged).text == "451 4.3.0 Service temporarily unavailable");
  BOOST_TEST(milter.line_with("event=exception").find("flag") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_leading_blanks_the_header_is_the_same) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  Connection connection(gateway.socket(), "127.0.0.1", Offer{.steps = 0x0fffff});
  BOOST_TEST(open_carrier(connection.send(kFlagged), gateway.key_file()).message.starts_with("From: ann@"));
}

BOOST_AUTO_TEST_SUITE_END()
