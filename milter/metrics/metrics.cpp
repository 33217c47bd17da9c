#include "milter/metrics/metrics.hpp"

#include <array>
#include <map>
#include <set>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "milter/base/mutex.hpp"
#include "milter/metrics/metric.hpp"

namespace pams::milter::metrics {
namespace {

using prometheus::Counter;
using prometheus::Histogram;

constexpr std::array<std::string_view, kDeferReasons> kReasons{
    "route",  "archive",    "journal", "anomaly", "untrusted", "rule_error",
    "policy", "recipients", "carrier", "mta",     "fault"};
constexpr std::array kVerdicts{rules::Verdict::Accept, rules::Verdict::Defer, rules::Verdict::Reject,
                               rules::Verdict::Discard, rules::Verdict::Quarantine};
constexpr std::array kClasses{rules::MessageClass::Outbound, rules::MessageClass::Inbound,
                              rules::MessageClass::Flagged, rules::MessageClass::Anomaly};
constexpr std::size_t kUnknownClass = kClasses.size();

/// From a message that needs nothing to one that waits for disks, programs and the routing checks.
const Histogram::BucketBoundaries kSeconds{0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                           0.5,   1,     2.5,  5,     10,   30,  60};

prometheus::Family<Counter>& counter(prometheus::Registry& registry, const Metric& metric) {
  return prometheus::BuildCounter()
      .Name(std::string(metric.name))
      .Help(std::string(metric.help))
      .Register(registry);
}

Histogram& histogram(prometheus::Registry& registry, const Metric& metric) {
  return prometheus::BuildHistogram()
      .Name(std::string(metric.name))
      .Help(std::string(metric.help))
      .Register(registry)
      .Add({}, kSeconds);
}

double seconds(Metrics::Duration time) { return std::chrono::duration<double>(time).count(); }

/// No count is worth a fault in the session.
template <class Deed>
void quietly(Deed deed) noexcept {
  try {
    deed();
  } catch (...) {  // NOLINT(bugprone-empty-catch): see above
  }
}

}  // namespace

std::string_view to_string(DeferReason reason) { return kReasons.at(static_cast<std::size_t>(reason)); }

/// Each series with a bounded label is there from the start: its 0 is true, and a rate can be told from it.
struct Metrics::Counts {
  Counts() {
    prometheus::BuildGauge()
        .Name(std::string(pams_build_info.name))
        .Help(std::string(pams_build_info.help))
        .Register(registry)
        .Add({{"version", PAMS_VERSION}})
        .Set(1);
    auto& all_messages = counter(registry, pams_messages_total);
    for (std::size_t one = 0; one < messages.size(); ++one)
      for (std::size_t verdict = 0; verdict < kVerdicts.size(); ++verdict)
        messages.at(one).at(verdict) = &all_messages.Add(
            {{"class", one == kUnknownClass ? "unknown" : std::string(rules::to_string(kClasses.at(one)))},
             {"verdict", std::string(rules::to_string(kVerdicts.at(verdict)))}});
    auto& all_deferred = counter(registry, pams_deferred_total);
    for (std::size_t reason = 0; reason < kDeferReasons; ++reason)
      deferred.at(reason) = &all_deferred.Add({{"reason", std::string(kReasons.at(reason))}});
  }

  prometheus::Registry registry;
  std::array<std::array<Counter*, kVerdicts.size()>, kClasses.size() + 1> messages{};
  std::array<Counter*, kDeferReasons> deferred{};
  prometheus::Family<Counter>& all_matches = counter(registry, pams_rule_matches_total);
  Mutex mutex;
  std::map<std::string, Counter*, std::less<>> matches PAMS_GUARDED_BY(mutex);
  Histogram& message_seconds = histogram(registry, pams_message_seconds);
  Histogram& archive_seconds = histogram(registry, pams_archive_seconds);
  prometheus::Family<Counter>& reloads = counter(registry, pams_config_reload_total);
  Counter& succeeded = reloads.Add({{"result", "success"}});
  Counter& failed = reloads.Add({{"result", "failure"}});
};

Metrics::Metrics() : counts_(std::make_unique<Counts>()) {}
Metrics::~Metrics() = default;

void Metrics::message(std::optional<rules::MessageClass> message_class, rules::Verdict verdict,
                      Duration time) noexcept {
  quietly([&] {
    const auto row = message_class ? static_cast<std::size_t>(*message_class) : kUnknownClass;
    counts_->messages.at(row).at(static_cast<std::size_t>(verdict))->Increment();
    counts_->message_seconds.Observe(seconds(time));
  });
}

void Metrics::deferred(DeferReason reason) noexcept {
  quietly([&] { counts_->deferred.at(static_cast<std::size_t>(reason))->Increment(); });
}

void Metrics::rule_matched(std::string_view rule) noexcept {
  quietly([&] {
    const MutexLock lock(counts_->mutex);
    const auto found = counts_->matches.find(rule);
    if (found != counts_->matches.end()) found->second->Increment();
  });
}

void Metrics::archived(Duration time) noexcept {
  quietly([&] { counts_->archive_seconds.Observe(seconds(time)); });
}

void Metrics::reloaded(bool has_succeeded) noexcept {
  quietly([&] { (has_succeeded ? counts_->succeeded : counts_->failed).Increment(); });
}

void Metrics::use_rules(const std::vector<std::string>& names) {
  const std::set<std::string_view> wanted(names.begin(), names.end());
  const MutexLock lock(counts_->mutex);
  std::erase_if(counts_->matches, [&](const auto& match) {
    if (wanted.contains(match.first)) return false;
    counts_->all_matches.Remove(match.second);
    return true;
  });
  for (const auto& name : names)
    if (!counts_->matches.contains(name))
      counts_->matches.emplace(name, &counts_->all_matches.Add({{"rule", name}}));
}

std::vector<prometheus::MetricFamily> Metrics::families() const { return counts_->registry.Collect(); }

}  // namespace pams::milter::metrics
