#include "rules/policy/rule_flag.hpp"

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "tests/support/eml.hpp"
#include "tests/support/has.hpp"
#include "tests/support/policy.hpp"

using namespace pams;
using namespace pams::rules;
using pams::test::gateway;
using pams::test::has;
using Lines = std::vector<std::string>;

namespace {

// Zivver's Secure Direct Reply as Exchange administrators write it.
constexpr std::string_view kRule = R"(
[[transport_rule]]
name = "Secure Direct Reply"
[transport_rule.if]
header_matches_patterns = { header = "References", patterns = ["zivver-sdr-[0-9a-f]{8}"] }
[transport_rule.except_if]
header_matches_patterns = { header = "X-Zivver-Transport", patterns = ["..*."] }
[[transport_rule.do]]
set_header = { name = "zivver-relay", value = "sdr" }
[[transport_rule.do]]
route_message_outbound_connector = "Zivver"
)";
constexpr std::string_view kReply =
    "References: <a@b> <zivver-sdr-0123abcd@zivver.com>\nSubject: a\n\nHello\n";
const Client kStranger{"192.0.2.1", "", ""};
const Client kZivver{"203.0.113.7", "", ""};
const Envelope kToOutside{"anna@example.org", {"piet@klant.example"}};

Policy reply_gateway(std::string_view before = "", std::string_view after = "") {
  return gateway(std::string(before) + std::string(kRule) + std::string(after));
}

std::string errors(std::string_view from, std::string_view to) {
  std::string rule(kRule);
  rule.replace(rule.find(from), from.size(), to);
  return test::load_texts({std::string(test::kGateway), rule}).text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(policy_rule_flag)

BOOST_AUTO_TEST_CASE(where_pams_is_disabled_no_connector_is_needed) {
  const std::string rule(kRule.substr(0, kRule.rfind("[[transport_rule.do]]")));
  const auto loaded = test::load_texts({"[pams]\nenabled = false\n", rule});
  BOOST_TEST(loaded.errors == 0U, loaded.text);
}

BOOST_AUTO_TEST_CASE(the_reply_takes_the_route_of_flagged_mail) {
  const auto plan = test::evaluate(reply_gateway(), kReply);
  BOOST_TEST(to_string(plan.classification.value) == "flagged");
  BOOST_TEST(plan.classification.reason == "flagged by rule 'Secure Direct Reply'");
  BOOST_TEST(plan.route.value() == "Zivver");
  BOOST_TEST(
      describe(plan) == (Lines{"route-via Zivver", "return-headers-only", "insert-header zivver-relay: sdr"}),
      boost::test_tools::per_element());
  // On top: after the route marker it would be the one that Postfix's guard rules obey after a requeue.
  BOOST_TEST(plan.outgoing.wire().starts_with("zivver-relay: sdr\r\nReferences:"));
}

BOOST_AUTO_TEST_CASE(other_mail_is_not_flagged) {
  const auto plan = test::evaluate(reply_gateway(), "References: <zivver-sdr@x>\n\nHello\n");
  BOOST_TEST(!plan.route.has_value());
  BOOST_TEST(describe(plan).empty());
}

BOOST_AUTO_TEST_CASE(mail_that_is_flagged_already_keeps_its_value) {
  const auto plan =
      test::evaluate(reply_gateway(), "zivver-relay: zivver-message-info\n" + std::string(kReply));
  BOOST_TEST(to_string(plan.verdict) == "accept");
  BOOST_TEST(plan.outgoing.headers.find("zivver-relay")->value == " zivver-message-info");
  BOOST_TEST(plan.rules.front().actions.front().outcome == "is flagged already");
}

BOOST_AUTO_TEST_CASE(what_comes_back_from_zivver_is_not_sent_there_again) {
  const auto plan =
      test::evaluate(reply_gateway(), "X-Zivver-Transport: ab\n" + std::string(kReply), kToOutside, kZivver);
  BOOST_TEST(!plan.route.has_value());
  BOOST_TEST(!plan.rules.front().matched);
}

BOOST_AUTO_TEST_CASE(a_user_cannot_switch_the_rule_off_with_zivvers_own_mark) {
  for (const auto* mark :
       {"X-Zivver-Transport: ab\n", "x-zivver-transport : ab\n", "skip-zivver-relay: true\n"}) {
    const auto plan = test::evaluate(reply_gateway(), mark + std::string(kReply));
    BOOST_TEST(to_string(plan.verdict) == "defer", mark);
    BOOST_TEST(describe(plan).empty());
  }
}

BOOST_AUTO_TEST_CASE(a_strangers_message_is_neither_routed_nor_relayed) {
  const auto outside = test::evaluate(reply_gateway(), kReply, kToOutside, kStranger);
  BOOST_TEST(to_string(outside.verdict) == "defer");
  const auto inside =
      test::evaluate(reply_gateway(), kReply, {"piet@klant.example", {"anna@example.org"}}, kStranger);
  BOOST_TEST(to_string(inside.verdict) == "accept");
  BOOST_TEST(!inside.route.has_value());
  BOOST_TEST(!inside.outgoing.headers.has("zivver-relay"));
}

BOOST_AUTO_TEST_CASE(an_automatic_reply_without_a_sender_is_secured_too) {
  const auto plan = test::evaluate(reply_gateway(), kReply, {"", {"piet@klant.example"}});
  BOOST_TEST(plan.route.value() == "Zivver");
  BOOST_TEST(plan.outgoing.headers.has("zivver-relay"));
}

BOOST_AUTO_TEST_CASE(no_other_rule_takes_the_route_away) {
  constexpr std::string_view kPartner = R"(
[[transport_rule]]
name = "partner"
[[transport_rule.do]]
route_message_outbound_connector = "Partner"
)";
  for (const auto& policy : {reply_gateway(kPartner), reply_gateway("", kPartner)})
    BOOST_TEST(test::evaluate(policy, kReply).route.value() == "Zivver");
}

BOOST_AUTO_TEST_CASE(a_later_rule_that_fails_defers_it_whatever_the_rule_says) {
  constexpr std::string_view kFails = R"(
[[transport_rule]]
name = "wraps what it cannot edit"
rule_error_action = "ignore"
[transport_rule.if]
subject_or_body_contains_words = ["nowhere"]
[[transport_rule.do]]
archive = "compliance"
)";
  auto policy = reply_gateway("", kFails);
  policy.limits.mime.parts = 1;
  const std::string two =
      "Content-Type: multipart/mixed; boundary=x\n" + std::string(kReply) + "--x\n\na\n--x\n\nb\n--x--\n";
  BOOST_TEST(to_string(test::evaluate(policy, two).verdict) == "defer");
}

BOOST_AUTO_TEST_CASE(when_pams_is_disabled_the_reply_does_not_leave) {
  auto policy = reply_gateway();
  policy.pams.enabled = false;
  const auto plan = test::evaluate(policy, kReply);
  BOOST_TEST(to_string(plan.verdict) == "reject");
  BOOST_TEST(describe(plan).empty());
}

BOOST_AUTO_TEST_CASE(an_audited_rule_flags_nothing) {
  std::string rule(kRule);
  rule.insert(rule.find("[transport_rule.if]"), "mode = \"audit\"\n");
  const auto plan = test::evaluate(gateway(rule), kReply);
  BOOST_TEST(!plan.route.has_value());
  BOOST_TEST(describe(plan).empty());
}

BOOST_AUTO_TEST_CASE(a_flagging_rule_must_name_the_route_and_may_not_ignore_errors) {
  BOOST_TEST(errors("\"Zivver\"", "\"Partner\"").find("also needs the action") != std::string::npos);
  BOOST_TEST(has(errors("[[transport_rule.do]]\nroute_message_outbound_connector = \"Zivver\"\n", ""),
                 "also needs the action"));
  BOOST_TEST(has(errors("[transport_rule.if]", "rule_error_action = \"ignore\"\n[transport_rule.if]"),
                 "could leave unsecured"));
  BOOST_TEST(has(errors("value = \"sdr\"", "value = \"1\""), "does not match pams.pattern"));
}

BOOST_AUTO_TEST_SUITE_END()
