#include "milter/trace/message_trace.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/milter/trace/trace_fixture.hpp"

using namespace pams;
using namespace pams::milter::trace;
using namespace pams::test;

namespace {

struct HandledMessage {
  Envelope envelope{"anna@example.org", {"bob@b.example"}};
  Client client{"192.0.2.1", "anna", ""};
  Headers headers{{{"Message-ID", " <1@example.org>"}, {"Subject", " =?utf-8?q?Caf=C3=A9?="}}};
  rules::OutboundConnector connector;
  rules::Plan plan;

  Handled handled() const {
    return {kNoon, "8A3DAA7A068", envelope, client, headers, 377, &plan, nullptr, "", "",
            "",    std::nullopt,  ""};
  }
};

std::string told(const MessageTrace& message) {
  std::string all;
  for (const auto& event : message.events)
    all += std::string(to_string(event.kind)) + " " + event.text + "\n";
  return all;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(message_trace, HandledMessage)

BOOST_AUTO_TEST_CASE(a_flagged_message_tells_class_rules_actions_archive_and_route_in_order) {
  plan.classification.value = rules::MessageClass::Flagged;
  plan.classification.reason = "trust.networks";
  plan.route = "Zivver";
  plan.rules = {
      {"Disclaimer", rules::Mode::Enforce, true, {}, {}, {{"apply_html_disclaimer", "appended", true}}},
      {"One", rules::Mode::Enforce, false, {}, {}, {}},
      {"Later", rules::Mode::Enforce, false, "not yet active", {}, {}},
      {"Two", rules::Mode::Enforce, false, {}, {}, {}},
      {"Audit", rules::Mode::Audit, true, {}, {}, {{"reject_message", "550", false}}},
  };
  plan.notes = {"fallback wrap counts as ignore"};
  plan.archives = {"compliance"};
  plan.effects = {rules::AddHeader{"X-A", " 1"}, rules::AddRecipient{"copy@example.org"}};
  connector.name = "Zivver";
  connector.smart_hosts = {{"smtp.zivver.com", 25}};
  auto handled = this->handled();
  handled.connector = &connector;
  handled.archive_record = "42";
  const auto message = make_trace(handled);
  BOOST_TEST(told(message) ==
             "RECEIVE 192.0.2.1, authenticated as anna\n"
             "CLASS flagged (trust.networks)\n"
             "RULE Disclaimer: matches\n"
             "ACTION apply_html_disclaimer: appended\n"
             "RULE Later: does not match (not yet active)\n"
             "RULE Audit: matches, not enforced\n"
             "ACTION would have done: reject_message: 550\n"
             "RULE no match: One, Two\n"
             "NOTE fallback wrap counts as ignore\n"
             "ARCHIVE 42\n"
             "ROUTE Zivver\n"
             "CHANGE add-header X-A: 1\n"
             "CHANGE add-recipient copy@example.org\n"
             "REPLY 250\n");
  BOOST_TEST((message.status == DeliveryStatus::Pending));
  BOOST_TEST(message.message_id == "<1@example.org>");
  BOOST_TEST(message.subject == "Caf\xC3\xA9");
  BOOST_TEST(message.recipients.size() == 2U);
  BOOST_TEST(message.route.value().transport == "pams");
  BOOST_TEST(message.route.value().smart_hosts.at(0) == "smtp.zivver.com:25");
}

BOOST_AUTO_TEST_CASE(verdict_and_refusal_give_the_status) {
  const auto status = [&] { return make_trace(handled()).status; };
  BOOST_TEST((status() == DeliveryStatus::Pending));
  plan.verdict = rules::Verdict::Quarantine;
  BOOST_TEST((status() == DeliveryStatus::Quarantined));
  plan.verdict = rules::Verdict::Discard;
  BOOST_TEST((status() == DeliveryStatus::Failed));
  plan.verdict = rules::Verdict::Accept;
  auto refused = handled();
  refused.refused = rules::Reply{451, "4.3.0", "Try again"};
  refused.reason = "archive: disk full";
  const auto message = make_trace(refused);
  BOOST_TEST((message.status == DeliveryStatus::Deferred));
  BOOST_TEST(message.reply == "451 4.3.0 Try again");
  BOOST_TEST(told(message).ends_with("REPLY 451 4.3.0 Try again (archive: disk full)\n"));
  refused.plan = nullptr;
  BOOST_TEST((make_trace(refused).status == DeliveryStatus::Deferred));
  refused.refused = rules::Reply{552, "5.3.4", "Too big"};
  BOOST_TEST((make_trace(refused).status == DeliveryStatus::Rejected));
}

BOOST_AUTO_TEST_CASE(nothing_that_was_not_done_is_told_as_done_when_the_archive_is_full) {
  plan.rules = {
      {"Keep", rules::Mode::Enforce, true, {}, {}, {{"archive", "to be archived in compliance", true}}}};
  plan.route = "Zivver";
  plan.effects = {rules::AddRecipient{"copy@example.org"}};
  auto refused = handled();
  refused.archive_record = "42";
  refused.refused = rules::Reply{451, "4.3.0", "Try again"};
  refused.reason = "No space left on device";
  const auto message = make_trace(refused);
  BOOST_TEST(told(message) ==
             "RECEIVE 192.0.2.1, authenticated as anna\n"
             "CLASS outbound\n"
             "RULE Keep: matches\n"
             "ACTION not done, the message was refused: archive: to be archived in compliance\n"
             "REPLY 451 4.3.0 Try again (No space left on device)\n");
  BOOST_TEST(message.archive_record == "");
  BOOST_TEST(message.recipients.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_subject_that_is_not_kept_is_nowhere_in_the_trace) {
  plan.effects = {rules::ChangeHeader{"subject", 0, " [EXT] Caf"}, rules::AddHeader{"Subject", " Caf"}};
  auto without = handled();
  without.keep_subject = false;
  const auto message = make_trace(without);
  BOOST_TEST(message.subject == "");
  BOOST_TEST(told(message).find("Caf") == std::string::npos);
  BOOST_TEST(told(message).find("CHANGE Subject (not kept)") != std::string::npos);
  BOOST_TEST(told(make_trace(handled())).find("[EXT] Caf") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_sealed_message_tells_its_seal_and_a_refused_one_has_none) {
  auto sealed = handled();
  sealed.seal = "00112233";
  sealed.seal_key = "k1";
  sealed.archive_record = "42";
  const auto message = make_trace(sealed);
  BOOST_TEST(message.seal == "00112233");
  BOOST_TEST(message.archive_record == "42");
  BOOST_TEST(told(message).find("ARCHIVE 42\nSEAL 00112233 with key k1\nREPLY 250\n") != std::string::npos,
             told(message));
  sealed.refused = rules::Reply{451, "4.3.0", "Try again"};
  BOOST_TEST(make_trace(sealed).seal == "");
  BOOST_TEST(told(make_trace(sealed)).find("SEAL") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_strangers_send_is_cut_to_a_bounded_size_between_characters) {
  headers = Headers{{{"Message-ID", " <" + std::string(100'000, 'x') + ">"}}};
  std::string subject = " ";
  for (int i = 0; i < 300; ++i) subject += "\xC3\xA9";
  headers.append({"Subject", subject});
  for (int i = 0; i < 2000; ++i) plan.notes.emplace_back(5000, 'n');
  const auto message = make_trace(handled());
  BOOST_TEST(message.message_id.size() <= 998U);
  BOOST_TEST(message.subject.size() == 512U);  // 256 characters
  BOOST_TEST(message.events.size() <= 501U);
  for (const auto& event : message.events) BOOST_TEST(event.text.size() <= 1000U);
}

BOOST_AUTO_TEST_CASE(every_status_has_a_name_that_is_read_in_any_letter_case) {
  for (const auto status : {DeliveryStatus::Delivered, DeliveryStatus::Failed, DeliveryStatus::Pending,
                            DeliveryStatus::Quarantined, DeliveryStatus::Expanded, DeliveryStatus::Deferred,
                            DeliveryStatus::Rejected}) {
    BOOST_TEST((status_of(to_string(status)).value() == status));
    BOOST_TEST(status_names().find(to_string(status)) != std::string::npos);
  }
  BOOST_TEST((status_of("pENDING").value() == DeliveryStatus::Pending));
  BOOST_TEST(!status_of("Pend").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
