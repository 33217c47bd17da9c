#include "milter/metrics/pages.hpp"

#include <algorithm>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "milter/metrics/metric.hpp"
#include "rules/base/text.hpp"
#include "tests/support/has.hpp"
#include "tests/support/table.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::milter::metrics;
using namespace pams::test;
using rules::MessageClass;
using rules::Verdict;
using namespace std::chrono_literals;

namespace {

std::string shown(const Metrics& counted, const Findings& findings = {}) {
  return metrics_page(counted, findings, std::chrono::system_clock::now()).body;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics_pages)

BOOST_AUTO_TEST_CASE(messages_are_counted_by_class_and_verdict_and_timed) {
  Metrics metrics;
  metrics.message(MessageClass::Flagged, Verdict::Accept, 30ms);
  metrics.message(MessageClass::Flagged, Verdict::Accept, 3s);
  metrics.message(std::nullopt, Verdict::Defer, 1ms);
  const auto page = shown(metrics);
  BOOST_TEST(has(page, "pams_messages_total{class=\"flagged\",verdict=\"accept\"} 2\n"), page);
  BOOST_TEST(has(page, "pams_messages_total{class=\"unknown\",verdict=\"defer\"} 1\n"), page);
  BOOST_TEST(has(page, "pams_messages_total{class=\"inbound\",verdict=\"reject\"} 0\n"), page);
  BOOST_TEST(has(page, "# TYPE pams_message_seconds histogram\n"), page);
  BOOST_TEST(has(page, "pams_message_seconds_bucket{le=\"0.05\"} 2\n"), page);
  BOOST_TEST(has(page, "pams_message_seconds_bucket{le=\"5\"} 3\n"), page);
  BOOST_TEST(has(page, "pams_message_seconds_count 3\n"), page);
}

BOOST_AUTO_TEST_CASE(every_reason_to_defer_has_its_series_from_the_start) {
  Metrics metrics;
  metrics.deferred(DeferReason::Archive);
  const auto page = shown(metrics);
  for (std::size_t i = 0; i < kDeferReasons; ++i) {
    const auto reason = static_cast<DeferReason>(i);
    const auto series = "pams_deferred_total{reason=\"" + std::string(to_string(reason)) + "\"} ";
    BOOST_TEST(has(page, series + (reason == DeferReason::Archive ? "1\n" : "0\n")), page);
  }
}

BOOST_AUTO_TEST_CASE(rules_are_those_of_the_configuration_and_no_other) {
  Metrics metrics;
  metrics.use_rules({"Disclaimer \"A\"\n", "Keep"});
  metrics.rule_matched("Keep");
  metrics.rule_matched("Keep");
  metrics.rule_matched("Removed");
  BOOST_TEST(has(shown(metrics), "pams_rule_matches_total{rule=\"Keep\"} 2\n"), shown(metrics));
  BOOST_TEST(has(shown(metrics), "pams_rule_matches_total{rule=\"Disclaimer \\\"A\\\"\\n\"} 0\n"),
             shown(metrics));
  BOOST_TEST(!has(shown(metrics), "Removed"), shown(metrics));
  metrics.use_rules({"Keep", "New"});
  BOOST_TEST(has(shown(metrics), "{rule=\"Keep\"} 2\n"), shown(metrics));
  BOOST_TEST(has(shown(metrics), "{rule=\"New\"} 0\n"), shown(metrics));
  BOOST_TEST(!has(shown(metrics), "Disclaimer"), shown(metrics));
}

BOOST_AUTO_TEST_CASE(what_is_not_known_is_not_shown) {
  const Metrics metrics;
  for (const auto* name :
       {"pams_leaks", "pams_route_verified", "pams_archive_lag_records", "pams_journal_spool_reports",
        "pams_trace_gaps_total", "pams_connector_certificate_expiry_seconds", "pams_rule_matches_total"})
    BOOST_TEST(!has(shown(metrics), "\n" + std::string(name)), name);
}

BOOST_AUTO_TEST_CASE(what_looks_have_found_is_shown_one_family_a_metric) {
  const Metrics metrics;
  const auto now = std::chrono::system_clock::now();
  const Findings findings{
      {{&pams_connector_certificate_expiry_seconds, {{"connector", "Z"}, {"host", "a:25"}}, now + 100s},
       {&pams_leaks, {}, 2.0},
       {&pams_connector_certificate_expiry_seconds, {{"connector", "Z"}, {"host", "b:25"}}, now - 50s}},
      {}};
  const auto page = metrics_page(metrics, findings, now).body;
  BOOST_TEST(has(page, "pams_connector_certificate_expiry_seconds{connector=\"Z\",host=\"a:25\"} 100\n"),
             page);
  BOOST_TEST(has(page, "pams_connector_certificate_expiry_seconds{connector=\"Z\",host=\"b:25\"} -50\n"),
             page);
  BOOST_TEST(has(page, "# TYPE pams_leaks gauge\npams_leaks 2\n"), page);
  const std::string help = "# HELP pams_connector_certificate_expiry_seconds ";
  BOOST_TEST(page.find(help) == page.rfind(help), page);
}

BOOST_AUTO_TEST_CASE(health_is_ok_or_503_with_a_line_for_each_problem) {
  BOOST_TEST(health_page({}).status == 200U);
  BOOST_TEST(health_page({}).body == "ok\n");
  const auto ill = health_page({{}, {"seal key: gone", "archive a: \x1b[31mfull\nok"}});
  BOOST_TEST(ill.status == 503U);
  BOOST_TEST(text::split(ill.body, '\n').size() == 3U, ill.body);
  BOOST_TEST(!has(ill.body, "\x1b"), ill.body);
}

BOOST_AUTO_TEST_CASE(many_sessions_count_and_nothing_is_lost) {
  Metrics metrics;
  metrics.use_rules({"Keep"});
  std::vector<std::thread> sessions;
  for (int session = 0; session < 4; ++session)
    sessions.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        metrics.message(MessageClass::Outbound, Verdict::Accept, 1ms);
        metrics.rule_matched("Keep");
      }
    });
  for (int i = 0; i < 20; ++i)
    metrics.use_rules(i % 2 == 0 ? std::vector<std::string>{"Keep", "New"}
                                 : std::vector<std::string>{"Keep"});
  for (auto& session : sessions) session.join();
  BOOST_TEST(has(shown(metrics), "pams_messages_total{class=\"outbound\",verdict=\"accept\"} 4000\n"));
  BOOST_TEST(has(shown(metrics), "{rule=\"Keep\"} 4000\n"));
}

BOOST_AUTO_TEST_CASE(every_metric_has_a_name_of_ours_and_says_what_it_is) {
  const auto all = rows_of(all_metrics());
  BOOST_TEST(repeated_name(all) == "");
  for (const auto& metric : all) {
    BOOST_TEST(metric->name.starts_with("pams_"), metric->name);
    BOOST_TEST(is_sentence(metric->help), metric->name);
    BOOST_TEST((metric->type == Metric::Type::Counter) == metric->name.ends_with("_total"), metric->name);
  }
}

BOOST_AUTO_TEST_SUITE_END()
