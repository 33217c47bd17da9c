#include <stdexcept>

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

namespace {

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

BOOST_AUTO_TEST_SUITE(policy_evaluate_errors)

BOOST_AUTO_TEST_CASE(a_rule_that_fails_defers_the_message) {
  auto policy = gateway(rule("archive", R"({ archive = "compliance" })"));
  policy.rules.push_back(made_rule(failing()));
  const auto plan = test::evaluate(policy, kOrdinary);
  BOOST_TEST(plan.verdict == Verdict::Defer);
  BOOST_TEST(plan.reply.code == 451U);
  BOOST_TEST(plan.reply.status == "4.3.0");
  BOOST_TEST(plan.rules.back().failed);
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
  BOOST_TEST(plan.rules.front().failed);
  BOOST_TEST(!plan.rules.back().failed);
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

BOOST_AUTO_TEST_CASE(an_evaluation_that_runs_out_of_time_defers_and_cannot_be_ignored) {
  auto policy = gateway(rule("r", R"({ archive = "compliance" })", "rule_error_action = \"ignore\""));
  const EvaluationContext late{{}, [] { return true; }};
  const auto plan =
      rules::evaluate(policy, parse_message(kOrdinary), {"anna@example.org", {"piet@klant.example"}},
                      {"127.0.0.1", "", ""}, "", late);
  BOOST_TEST(plan.verdict == Verdict::Defer);
  BOOST_TEST(plan.reply.status == "4.3.0");
  BOOST_TEST(describe(plan).empty());
}

BOOST_AUTO_TEST_SUITE_END()
