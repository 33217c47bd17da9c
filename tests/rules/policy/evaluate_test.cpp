#include "rules/policy/evaluate.hpp"

#include <algorithm>
#include <ostream>
#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "tests/support/eml.hpp"
#include "tests/support/policy.hpp"

using namespace pams;
using namespace pams::rules;
using pams::test::gateway;

namespace pams::rules {
std::ostream& operator<<(std::ostream& out, Verdict value) { return out << to_string(value); }
}  // namespace pams::rules

namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view kFlagged = "zivver-relay: zivver-message-info\nSubject: a\n\nHello\n";
constexpr std::string_view kOrdinary = "Subject: a\n\nHello\n";

bool has(const std::string& text, std::string_view piece) { return text.find(piece) != std::string::npos; }

std::string rule(std::string_view name, std::string_view actions, std::string_view more = "") {
  return "[[transport_rule]]\nname = \"" + std::string(name) + "\"\n" + std::string(more) + "\ndo = [" +
         std::string(actions) + "]\n";
}

/// A rule whose predicate, or whose step, the test wrote itself.
TransportRule made_rule(Predicate predicate, std::optional<RuleAction> action = std::nullopt) {
  TransportRule rule;
  rule.name = "made";
  rule.conditions.push_back({find_condition("subject_contains_words"), std::move(predicate)});
  if (action) rule.actions.push_back(std::move(*action));
  return rule;
}

Predicate always() {
  return [](const Mail&, const Scope&) { return Finding{true, "always"}; };
}

Predicate failing() {
  return
      [](const Mail&, const Scope&) -> Result<Finding> { return fail(Failure::Temporary, "directory down"); };
}

RuleAction acting(Step step) { return {find_action("set_header"), std::move(step), "made"}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(policy_evaluate)

BOOST_AUTO_TEST_CASE(a_flagged_message_takes_its_connector_and_a_bounce_without_body) {
  const auto plan = test::evaluate(gateway(""), kFlagged);
  BOOST_TEST(plan.verdict == Verdict::Accept);
  BOOST_TEST(plan.route.value() == "Zivver");
  BOOST_TEST(describe(plan) == (Lines{"route-via Zivver", "return-headers-only"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(ordinary_mail_that_no_rule_touches_has_no_effects) {
  const auto plan = test::evaluate(gateway(""), kOrdinary);
  BOOST_TEST(plan.verdict == Verdict::Accept);
  BOOST_TEST(describe(plan).empty());
  BOOST_TEST(!plan.route.has_value());
  BOOST_TEST(test::Bytes(plan.outgoing.wire()) == test::Bytes("Subject: a\r\n\r\nHello\r\n"));
}

BOOST_AUTO_TEST_CASE(effects_come_in_the_order_in_which_they_are_safe) {
  const auto policy = gateway(rule("all", R"(
    { blind_copy_to = "audit@example.org" }, { set_header = { name = "X-A", value = "1" } }, { archive = "compliance" },
    { apply_html_disclaimer = { html = "<p>D</p>" } })"));
  const auto plan = test::evaluate(policy, kFlagged);
  auto effects = describe(plan);
  BOOST_TEST_REQUIRE(effects.size() == 6U);
  BOOST_TEST(has(effects[4], "replace-body"));
  effects.erase(effects.begin() + 4);
  BOOST_TEST(effects == (Lines{"archive compliance", "route-via Zivver", "return-headers-only",
                               "add-header X-A: 1", "add-recipient audit@example.org"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_flagged_message_without_a_sender_has_no_bounce_to_care_for) {
  BOOST_TEST(describe(test::evaluate(gateway(""), kFlagged, {"", {"piet@klant.example"}})) ==
                 (Lines{"route-via Zivver"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_anomaly_is_deferred_or_rejected_and_nothing_else_happens) {
  const auto deferred =
      test::evaluate(gateway(rule("a", R"({ archive = "compliance" })")), "zivver-relay:\n\n");
  BOOST_TEST(deferred.verdict == Verdict::Defer);
  BOOST_TEST(deferred.reply.code == 451U);
  BOOST_TEST(deferred.reply.status == "4.7.1");
  BOOST_TEST(describe(deferred).empty());
  BOOST_TEST(has(deferred.reason, "does not match pams.pattern"));
  BOOST_TEST(!has(deferred.reply.text, "pattern"));
  auto policy = gateway("");
  policy.pams.on_anomaly = OnAnomaly::Reject;
  const auto rejected = test::evaluate(policy, "zivver-relay:\n\n");
  BOOST_TEST(rejected.verdict == Verdict::Reject);
  BOOST_TEST(rejected.reply.code == 550U);
  BOOST_TEST(rejected.reply.status == "5.7.1");
}

BOOST_AUTO_TEST_CASE(disabled_pams_never_sends_a_flagged_message_on) {
  auto policy = gateway("");
  policy.pams.enabled = false;
  BOOST_TEST(test::evaluate(policy, kFlagged).verdict == Verdict::Reject);
  policy.pams.when_disabled = OnAnomaly::Defer;
  BOOST_TEST(test::evaluate(policy, kFlagged).reply.status == "4.7.1");
  BOOST_TEST(test::evaluate(policy, kOrdinary).verdict == Verdict::Accept);
}

BOOST_AUTO_TEST_CASE(a_connector_that_is_gone_defers_flagged_mail_only) {
  auto policy = gateway("");
  policy.connectors.clear();
  BOOST_TEST(test::evaluate(policy, kFlagged).reply.status == "4.7.1");
  BOOST_TEST(test::evaluate(policy, kOrdinary).verdict == Verdict::Accept);
}

BOOST_AUTO_TEST_CASE(an_untrusted_flag_is_stripped_before_rules_see_it) {
  const auto policy =
      gateway(rule("sees it", R"({ reject_message = true })",
                   R"(if = { header_matches_patterns = { header = "zivver-relay", patterns = "." } })"));
  const auto plan = test::evaluate(policy, "Zivver-Relay: ab\nzivver-relay : cd\nSubject: a\n\nb\n",
                                   {"x@y.example", {"anna@example.org"}}, {"192.0.2.1", "", ""});
  BOOST_TEST(plan.verdict == Verdict::Accept);
  BOOST_TEST(describe(plan) == (Lines{"delete-header zivver-relay[2]", "delete-header Zivver-Relay[1]"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_untrusted_flag_to_the_outside_is_deferred) {
  const auto plan =
      test::evaluate(gateway(""), kFlagged, {"x@y.example", {"z@outside.example"}}, {"192.0.2.1", "", ""});
  BOOST_TEST(plan.reply.status == "4.7.1");
  BOOST_TEST(plan.classification.untrusted_relay);
}

BOOST_AUTO_TEST_CASE(what_only_claims_to_be_sealed_is_refused_whoever_brings_it) {
  for (const auto* header : {"", "zivver-relay: ab\n"})
    for (const auto* peer : {"127.0.0.1", "192.0.2.1"}) {
      const auto plan = test::evaluate(gateway(""), std::string(header) + "x-pams-sealed : v1\n\nb\n",
                                       {"x@y.example", {"z@outside.example"}}, {peer, "", ""});
      BOOST_TEST((plan.verdict == Verdict::Reject));
      BOOST_TEST(plan.reply.code == 550U);
      BOOST_TEST(describe(plan).empty());
    }
}

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

BOOST_AUTO_TEST_CASE(a_rule_that_fails_defers_the_message) {
  auto policy = gateway(rule("archive", R"({ archive = "compliance" })"));
  policy.rules.push_back(made_rule(failing()));
  const auto plan = test::evaluate(policy, kOrdinary);
  BOOST_TEST(plan.verdict == Verdict::Defer);
  BOOST_TEST(plan.reply.code == 451U);
  BOOST_TEST(plan.reply.status == "4.3.0");
  BOOST_TEST(has(plan.reason, "directory down"));
  BOOST_TEST(!has(plan.reply.text, "directory"));
  BOOST_TEST(describe(plan).empty());
}

BOOST_AUTO_TEST_CASE(an_ignored_failure_undoes_the_whole_rule_and_goes_on) {
  auto policy = gateway("");
  auto half = made_rule(always(), acting([](Draft& draft) -> Result<std::string> {
                          draft.mail.edit_headers().set("X-Half", " 1");
                          draft.archives.emplace_back("compliance");
                          return std::string("half");
                        }));
  half.actions.push_back(
      acting([](Draft&) -> Result<std::string> { return fail(Failure::Temporary, "broken"); }));
  half.error_action = ErrorAction::Ignore;
  policy.rules.push_back(std::move(half));
  policy.rules.push_back(made_rule(always(), acting([](Draft& draft) -> Result<std::string> {
                                     draft.mail.edit_headers().set("X-Next", " 1");
                                     return std::string("next");
                                   })));
  const auto plan = test::evaluate(policy, kOrdinary);
  BOOST_TEST(plan.verdict == Verdict::Accept);
  BOOST_TEST(describe(plan) == (Lines{"add-header X-Next: 1"}), boost::test_tools::per_element());
  BOOST_TEST(!plan.rules.front().actions.front().carried_out);
  BOOST_TEST(has(plan.rules.front().note.value(), "broken (ignored)"));
  BOOST_TEST(plan.notes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_flagged_message_is_deferred_even_when_the_rule_ignores_errors) {
  auto policy = gateway("");
  policy.rules.push_back(made_rule(failing()));
  policy.rules.front().error_action = ErrorAction::Ignore;
  BOOST_TEST(test::evaluate(policy, kFlagged).verdict == Verdict::Defer);
  BOOST_TEST(test::evaluate(policy, kOrdinary).verdict == Verdict::Accept);
}

BOOST_AUTO_TEST_CASE(a_rule_that_touches_the_flag_of_a_flagged_message_has_failed) {
  const Step removes = [](Draft& draft) -> Result<std::string> {
    draft.mail.edit_headers().remove("zivver-relay");
    return std::string("removed");
  };
  const Step changes = [](Draft& draft) -> Result<std::string> {
    draft.mail.edit_headers().set("zivver-relay", " other");
    return std::string("changed");
  };
  const Step doubles = [](Draft& draft) -> Result<std::string> {
    draft.mail.edit_headers().append({"Zivver-Relay", " more"});
    return std::string("doubled");
  };
  const Step re_routes = [](Draft& draft) -> Result<std::string> {
    draft.connector = "Partner";
    return std::string("re-routed");
  };
  const Step un_flags = [](Draft& draft) -> Result<std::string> {
    draft.mail.classify(true, false);
    return std::string("un-flagged");
  };
  for (const auto& step : {removes, changes, doubles, re_routes, un_flags}) {
    auto policy = gateway("");
    policy.rules.push_back(made_rule(always(), acting(step)));
    policy.rules.front().error_action = ErrorAction::Ignore;
    const auto plan = test::evaluate(policy, kFlagged);
    BOOST_TEST(plan.verdict == Verdict::Defer);
    BOOST_TEST(describe(plan).empty());
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_happen_is_not_swallowed) {
  auto policy = gateway("");
  policy.rules.push_back(made_rule(
      [](const Mail&, const Scope&) -> Result<Finding> { throw std::logic_error("a fault of ours"); }));
  policy.rules.front().error_action = ErrorAction::Ignore;
  BOOST_CHECK_THROW(test::evaluate(policy, kOrdinary), std::logic_error);
}

BOOST_AUTO_TEST_CASE(a_rule_cannot_take_a_flagged_message_elsewhere) {
  const auto plan =
      test::evaluate(gateway(rule("r", R"({ route_message_outbound_connector = "Partner" })")), kFlagged);
  BOOST_TEST(plan.route.value() == "Zivver");
  BOOST_TEST_REQUIRE(plan.notes.size() == 1U);
  BOOST_TEST(has(plan.notes.front(), "not routed via Partner: flagged"));
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

BOOST_AUTO_TEST_CASE(a_flagged_message_is_never_wrapped) {
  const auto policy =
      gateway(rule("r", R"({ apply_html_disclaimer = { html = "x", fallback_action = "wrap" } })"));
  const std::string signed_mail =
      "Subject: a\nContent-Type: multipart/signed; boundary=b; protocol=\"application/pkcs7-signature\"\n\n"
      "--b\n\nx\n--b\nContent-Type: application/pkcs7-signature\n\nx\n--b--\n";
  const auto plan = test::evaluate(policy, "zivver-relay: ab\n" + signed_mail);
  BOOST_TEST(plan.verdict == Verdict::Accept);
  BOOST_TEST(describe(plan) == (Lines{"route-via Zivver", "return-headers-only"}),
             boost::test_tools::per_element());
  BOOST_TEST_REQUIRE(plan.notes.size() == 1U);
  BOOST_TEST(has(plan.notes.front(), "wrap counts as ignore"));
  BOOST_TEST(has(test::evaluate(policy, signed_mail).outgoing.wire(), "message/rfc822"));
}

BOOST_AUTO_TEST_CASE(a_message_too_big_for_its_connector_is_refused_with_both_sizes_and_not_archived) {
  auto policy = gateway(rule("r", R"({ archive = "compliance" })"));
  policy.connectors.front().max_message_size = 60;
  const std::string fits = "zivver-relay: ab\r\n\r\n" + std::string(38, 'x') + "\r\n";
  BOOST_TEST_REQUIRE(fits.size() == 60U);
  BOOST_TEST(test::evaluate(policy, fits).verdict == Verdict::Accept);
  const auto plan = test::evaluate(policy, "zivver-relay: ab\r\n\r\n" + std::string(39, 'x') + "\r\n");
  BOOST_TEST(plan.verdict == Verdict::Reject);
  BOOST_TEST(plan.reply.code == 552U);
  BOOST_TEST(plan.reply.status == "5.3.4");
  BOOST_TEST(plan.reply.text == "Message size 61 bytes exceeds the maximum of 60 bytes");
  BOOST_TEST(describe(plan).empty());
}

BOOST_AUTO_TEST_CASE(the_size_that_counts_is_the_one_after_the_disclaimer) {
  auto policy = gateway(rule("r", R"({ apply_html_disclaimer = { html = "<p>Disclaimer</p>" } })"));
  policy.connectors.front().max_message_size = kFlagged.size() + 10;
  BOOST_TEST(test::evaluate(policy, kFlagged).reply.code == 552U);
}

BOOST_AUTO_TEST_CASE(an_evaluation_that_runs_out_of_time_defers_and_cannot_be_ignored) {
  auto policy = gateway(rule("r", R"({ archive = "compliance" })", "rule_error_action = \"ignore\""));
  const Moment late{{}, [] { return true; }};
  const auto plan =
      rules::evaluate(policy, parse_message(kOrdinary), {"anna@example.org", {"piet@klant.example"}},
                      {"127.0.0.1", "", ""}, "", late);
  BOOST_TEST(plan.verdict == Verdict::Defer);
  BOOST_TEST(plan.reply.status == "4.3.0");
  BOOST_TEST(describe(plan).empty());
}

BOOST_AUTO_TEST_CASE(a_flagged_message_nested_beyond_the_limits_is_an_anomaly_when_a_rule_looks_inside) {
  auto policy = gateway(rule("r", R"({ apply_html_disclaimer = { html = "x" } })"));
  policy.limits.mime.depth = 2;
  std::string deep;
  for (int i = 0; i < 6; ++i) {
    const auto boundary = "b" + std::to_string(i);
    deep += "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n";
  }
  const auto plan = test::evaluate(policy, "zivver-relay: ab\n" + deep + "\nx\n");
  BOOST_TEST(plan.verdict == Verdict::Defer);
  BOOST_TEST((plan.classification.value == MessageClass::Anomaly));
  BOOST_TEST(has(plan.reason, "limit"));
}

BOOST_AUTO_TEST_CASE(a_large_hostile_body_is_decided_about) {
  const auto policy = gateway(rule("r", R"({ apply_html_disclaimer = { html = "x" } })",
                                   R"(if = { subject_or_body_matches_patterns = "(a|aa)+$" })"));
  std::string hostile = "zivver-relay: ab\r\nContent-Type: text/html; charset=utf-16\r\n\r\n";
  const std::string_view piece("<\0\xFF\x80=?utf-8?b?&#x1F;<!--", 24);
  while (hostile.size() < (8U << 20U)) hostile += piece;
  const auto plan = test::evaluate(policy, hostile);
  BOOST_TEST((plan.verdict == Verdict::Accept || plan.verdict == Verdict::Defer));
}

BOOST_AUTO_TEST_SUITE_END()
