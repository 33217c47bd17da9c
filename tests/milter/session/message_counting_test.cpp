#include "milter/session/message_counting.hpp"

#include <boost/test/unit_test.hpp>

#include "milter/metrics/pages.hpp"
#include "tests/support/has.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;
using metrics::DeferReason;
using session::defer_reason_of;

namespace {

rules::RuleEvidence matched(const std::string& name, bool has_failed = false) {
  return {.name = name, .mode = rules::Mode::Enforce, .matched = true, .failed = has_failed};
}

struct CountingFixture {
  session::Services services;
  session::MessageOutcome outcome;

  CountingFixture() {
    services.metrics = std::make_shared<metrics::Metrics>();
    services.metrics->use_rules({"Keep"});
  }
  std::string counted() {
    session::count_outcome(outcome, services);
    return metrics::metrics_page(*services.metrics, {}, {}).body;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(message_counting, CountingFixture)

BOOST_AUTO_TEST_CASE(a_released_message_counts_with_its_rules_and_its_archive) {
  outcome.plan.emplace();
  outcome.plan->classification.value = rules::MessageClass::Flagged;
  outcome.plan->rules = {matched("Keep")};
  outcome.archive_record = "id";
  const auto page = counted();
  BOOST_TEST(has(page, "pams_messages_total{class=\"flagged\",verdict=\"accept\"} 1\n"), page);
  BOOST_TEST(has(page, "pams_rule_matches_total{rule=\"Keep\"} 1\n"), page);
  BOOST_TEST(has(page, "pams_archive_seconds_count 1\n"), page);
}

BOOST_AUTO_TEST_CASE(what_was_refused_after_its_plan_counts_as_it_was_answered) {
  outcome.plan.emplace();
  outcome.refused = {{451, "4.3.0", "later"}, "disk full", DeferReason::Archive};
  const auto page = counted();
  BOOST_TEST(has(page, "pams_messages_total{class=\"outbound\",verdict=\"defer\"} 1\n"), page);
  BOOST_TEST(has(page, "pams_messages_total{class=\"outbound\",verdict=\"accept\"} 0\n"), page);
  BOOST_TEST(has(page, "pams_deferred_total{reason=\"archive\"} 1\n"), page);
  BOOST_TEST(has(page, "pams_archive_seconds_count 0\n"), page);
}

BOOST_AUTO_TEST_CASE(a_rejection_is_not_deferred) {
  outcome.refused = {{552, "5.3.4", "too big"}, "too big"};
  const auto page = counted();
  BOOST_TEST(has(page, "pams_messages_total{class=\"unknown\",verdict=\"reject\"} 1\n"), page);
  BOOST_TEST(!has(page, "pams_deferred_total{reason=\"fault\"} 1\n"), page);
}

BOOST_AUTO_TEST_CASE(without_metrics_nothing_is_counted_and_nothing_fails) {
  services.metrics = nullptr;
  session::count_outcome(outcome, services);
}

BOOST_AUTO_TEST_CASE(a_plan_that_defers_says_why) {
  rules::Plan plan;
  BOOST_TEST((defer_reason_of(plan) == DeferReason::Policy));
  plan.rules = {matched("ignored", true), matched("deferred by its hook")};
  BOOST_TEST((defer_reason_of(plan) == DeferReason::Policy));
  plan.rules.push_back(matched("cannot be evaluated", true));
  BOOST_TEST((defer_reason_of(plan) == DeferReason::RuleError));
  plan.classification.untrusted_relay = true;
  BOOST_TEST((defer_reason_of(plan) == DeferReason::Untrusted));
  plan.classification.value = rules::MessageClass::Anomaly;
  BOOST_TEST((defer_reason_of(plan) == DeferReason::Anomaly));
}

BOOST_AUTO_TEST_SUITE_END()
