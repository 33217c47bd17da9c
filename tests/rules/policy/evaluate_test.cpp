#include "rules/policy/evaluate.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/eml.hpp"
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

BOOST_AUTO_TEST_CASE(a_rule_cannot_take_a_flagged_message_elsewhere) {
  const auto plan =
      test::evaluate(gateway(rule("r", R"({ route_message_outbound_connector = "Partner" })")), kFlagged);
  BOOST_TEST(plan.route.value() == "Zivver");
  BOOST_TEST_REQUIRE(plan.notes.size() == 1U);
  BOOST_TEST(has(plan.notes.front(), "not routed via Partner: flagged"));
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
