#include <boost/test/unit_test.hpp>

#include "rules/policy/evaluate.hpp"
#include "tests/support/has.hpp"
#include "tests/support/policy.hpp"

using namespace pams;
using namespace pams::rules;
using pams::test::gateway;
using pams::test::has;
using pams::test::kFlagged;
using pams::test::kOrdinary;
using pams::test::rule;

using Lines = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(policy_evaluate_rules)

BOOST_AUTO_TEST_CASE(rules_run_in_file_order_and_actions_in_list_order) {
  const auto policy =
      gateway(rule("one", R"({ set_header = { name = "X-A", value = "1" } },
                                             { set_header = { name = "X-A", value = "2" } })") +
              rule("two", R"({ set_header = { name = "X-B", value = "2" } })",
                   R"(if = { header_matches_patterns = { header = "X-A", patterns = "^2$" } })"));
  BOOST_TEST(describe(test::evaluate(policy, kOrdinary)) == (Lines{"add-header X-A: 2", "add-header X-B: 2"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(all_conditions_must_hold_and_any_exception_switches_the_rule_off) {
  const auto policy = gateway(rule("r", R"({ delete_message = true })", R"(
    if = { subject_contains_words = "a", from_scope = "in_organization" }
    except_if = { sent_to = "boss@example.org", message_size_over = "10 MB" })"));
  const auto verdict = [&](std::string_view from, std::string to) {
    return test::evaluate(policy, "From: " + std::string(from) + "\nSubject: a\n\n",
                          {"anna@example.org", {std::move(to)}})
        .verdict;
  };
  BOOST_TEST(verdict("anna@example.org", "piet@klant.example") == Verdict::Discard);
  BOOST_TEST(verdict("eve@evil.example", "piet@klant.example") == Verdict::Accept);
  BOOST_TEST(verdict("anna@example.org", "boss@example.org") == Verdict::Accept);
}

BOOST_AUTO_TEST_CASE(evidence_tells_what_was_seen_and_done) {
  const auto policy = gateway(rule("r", R"({ set_header = { name = "X-A", value = "1" } })",
                                   R"(if = { subject_contains_words = "a" }
                                      except_if = { sent_to = "boss@example.org" })"));
  const auto plan = test::evaluate(policy, kOrdinary);
  BOOST_TEST_REQUIRE(plan.rules.size() == 1U);
  const auto& evidence = plan.rules.front();
  BOOST_TEST(evidence.matched);
  BOOST_TEST_REQUIRE(evidence.conditions.size() == 2U);
  BOOST_TEST(evidence.conditions[0].seen == "subject: a");
  BOOST_TEST(evidence.conditions[1].name == "except_if.sent_to");
  BOOST_TEST(!evidence.conditions[1].holds);
  BOOST_TEST(evidence.actions.front().name == R"(set_header { name = "X-A", value = "1" })");
  BOOST_TEST(evidence.actions.front().carried_out);
}

BOOST_AUTO_TEST_CASE(a_rule_out_of_force_is_not_looked_at) {
  for (const auto& [property, note] : {std::pair{"enabled = false", "disabled"},
                                       std::pair{"activation_date = 2027-01-01T00:00:00Z", "not yet active"},
                                       std::pair{"expiry_date = 2026-01-01T00:00:00Z", "expired"}}) {
    const auto plan = test::evaluate(gateway(rule("r", "{ delete_message = true }", property)), kOrdinary);
    BOOST_TEST(plan.verdict == Verdict::Accept);
    BOOST_TEST(plan.rules.front().note.value() == note);
    BOOST_TEST(!plan.rules.front().failed);
  }
}

BOOST_AUTO_TEST_CASE(an_audited_rule_tells_what_it_would_do_and_does_nothing) {
  for (const auto* mode : {"audit", "audit_and_notify"}) {
    const auto policy =
        gateway(rule("r", R"({ set_header = { name = "X-A", value = "1" } }, { delete_message = true })",
                     "stop_rule_processing = true\nmode = \"" + std::string(mode) + "\"") +
                rule("next", R"({ archive = "compliance" })"));
    const auto plan = test::evaluate(policy, kOrdinary);
    BOOST_TEST(plan.verdict == Verdict::Accept);
    BOOST_TEST(describe(plan) == (Lines{"archive compliance"}), boost::test_tools::per_element());
    BOOST_TEST_REQUIRE(plan.rules.front().actions.size() == 2U);
    BOOST_TEST(!plan.rules.front().actions.front().carried_out);
    BOOST_TEST(plan.rules.front().actions.back().outcome == "deleted");
  }
}

BOOST_AUTO_TEST_CASE(stop_rule_processing_leaves_later_rules_out) {
  const auto policy = gateway(rule("one", R"({ archive = "compliance" })", "stop_rule_processing = true") +
                              rule("two", "{ delete_message = true }"));
  const auto plan = test::evaluate(policy, kOrdinary);
  BOOST_TEST(plan.verdict == Verdict::Accept);
  BOOST_TEST(plan.rules.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_rejection_ends_everything_and_undoes_the_archive) {
  const auto policy = gateway(rule("no", R"({ archive = "compliance" },
      { reject_message = { reason_text = "No", enhanced_status_code = "5.7.900" } }, { archive = "second" })") +
                              rule("later", R"({ archive = "second" })"));
  const auto plan = test::evaluate(policy, kFlagged);
  BOOST_TEST(plan.verdict == Verdict::Reject);
  BOOST_TEST(plan.reply.code == 550U);
  BOOST_TEST(plan.reply.status == "5.7.900");
  BOOST_TEST(plan.reply.text == "No");
  BOOST_TEST(plan.reason == "rule 'no'");
  BOOST_TEST(describe(plan).empty());
  BOOST_TEST(!plan.route.has_value());
  BOOST_TEST(plan.rules.size() == 1U);
  BOOST_TEST_REQUIRE(plan.rules.front().actions.size() == 2U);
  BOOST_TEST(!plan.rules.front().actions.front().carried_out);
  BOOST_TEST(plan.rules.front().actions.back().carried_out);
}

BOOST_AUTO_TEST_CASE(a_deleted_message_stays_in_the_archive_that_was_ordered_before) {
  const auto policy =
      gateway(rule("r", R"({ set_header = { name = "X-A", value = "1" } }, { archive = "compliance" },
                                           { delete_message = true })"));
  const auto plan = test::evaluate(policy, kFlagged);
  BOOST_TEST(plan.verdict == Verdict::Discard);
  BOOST_TEST(describe(plan) == (Lines{"archive compliance"}), boost::test_tools::per_element());
  BOOST_TEST(has(plan.outgoing.wire(), "X-A: 1"));
}

BOOST_AUTO_TEST_CASE(a_quarantined_flagged_message_keeps_its_route_for_the_day_it_is_released) {
  const auto plan = test::evaluate(gateway(rule("r", R"({ quarantine = "look" })")), kFlagged);
  BOOST_TEST(plan.verdict == Verdict::Quarantine);
  BOOST_TEST(plan.reason == "rule 'r': look");
  BOOST_TEST(describe(plan) == (Lines{"route-via Zivver", "return-headers-only"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_ordinary_message_goes_where_the_first_rule_sends_it) {
  const auto plan = test::evaluate(gateway(rule("a", R"({ route_message_outbound_connector = "Partner" })") +
                                           rule("b", R"({ route_message_outbound_connector = "Zivver" })")),
                                   kOrdinary);
  BOOST_TEST(describe(plan) == (Lines{"route-via Partner"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(bounces_and_automatic_replies_are_never_edited) {
  const auto policy =
      gateway(rule("r", R"({ apply_html_disclaimer = { html = "x" } }, { prepend_subject = "[x] " },
                                           { archive = "compliance" })"));
  const auto plan = test::evaluate(policy, kOrdinary, {"", {"piet@klant.example"}});
  BOOST_TEST(describe(plan) == (Lines{"archive compliance"}), boost::test_tools::per_element());
  BOOST_TEST(!plan.rules.front().actions.front().carried_out);
}

BOOST_AUTO_TEST_SUITE_END()
