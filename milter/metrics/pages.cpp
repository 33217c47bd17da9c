#include "milter/metrics/pages.hpp"

#include <algorithm>
#include <map>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::metrics {
namespace {

prometheus::MetricType type_of(const Metric& metric) {
  return metric.type == Metric::Type::Counter ? prometheus::MetricType::Counter
                                              : prometheus::MetricType::Gauge;
}

double number_of(const Sample& sample, std::chrono::system_clock::time_point now) {
  return std::visit(overloaded{[](double number) { return number; },
                               [&](std::chrono::system_clock::time_point until) {
                                 return std::chrono::duration<double>(until - now).count();
                               }},
                    sample.value);
}

prometheus::ClientMetric shown(const Sample& sample, std::chrono::system_clock::time_point now) {
  prometheus::ClientMetric one;
  for (const auto& [name, value] : sample.labels) one.label.push_back({name, value});
  (sample.metric->type == Metric::Type::Counter ? one.counter.value : one.gauge.value) =
      number_of(sample, now);
  return one;
}

/// One family for each metric, however many looks have found samples of it.
std::vector<prometheus::MetricFamily> families_of(const std::vector<Sample>& samples,
                                                  std::chrono::system_clock::time_point now) {
  std::map<std::string_view, prometheus::MetricFamily> families;
  for (const auto& sample : samples) {
    auto& family = families[sample.metric->name];
    family.name = sample.metric->name;
    family.help = sample.metric->help;
    family.type = type_of(*sample.metric);
    family.metric.push_back(shown(sample, now));
  }
  std::vector<prometheus::MetricFamily> all;
  for (auto& [name, family] : families) all.push_back(std::move(family));
  return all;
}

}  // namespace

http::Response metrics_page(const Metrics& counted, const Findings& findings,
                            std::chrono::system_clock::time_point now) {
  auto families = counted.families();
  for (auto& family : families_of(findings.samples, now)) families.push_back(std::move(family));
  return {200, "text/plain; version=0.0.4; charset=utf-8", prometheus::TextSerializer().Serialize(families)};
}

http::Response health_page(const Findings& findings) {
  if (findings.problems.empty()) return {200, "text/plain; charset=utf-8", "ok\n"};
  std::string lines;
  for (const auto& problem : findings.problems) lines += text::printable(problem) + '\n';
  return {503, "text/plain; charset=utf-8", lines};
}

}  // namespace pams::milter::metrics
