/// What the sessions and the reloader count. Recording takes no lock but a short one of its own, waits for
/// nobody who reads, and never throws: what cannot be counted is not counted. Lives as long as the daemon,
/// whatever configuration holds. Any thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/policy/plan.hpp"

namespace prometheus {
struct MetricFamily;
}

namespace pams::milter::metrics {

/// What was not in order when a message was answered 4xx.
enum class DeferReason {
  Route,       ///< the routing checks, the seal key, or the connector
  Archive,     ///< it could not be archived
  Journal,     ///< it could not be journaled
  Anomaly,     ///< its flag makes no sense, or a limit was exceeded
  Untrusted,   ///< flagged, from a peer that trust does not name
  RuleError,   ///< a rule could not be evaluated
  Policy,      ///< what the configuration or a hook asks for: pams.when_disabled = "defer", exit 75
  Recipients,  ///< more than limits.recipients
  Carrier,     ///< a sealed message whose key is missing
  Mta,         ///< the MTA did not take the changes
  Fault,       ///< a fault in pams-milter
};
std::string_view to_string(DeferReason reason);  ///< "route", ...
inline constexpr std::size_t kDeferReasons = static_cast<std::size_t>(DeferReason::Fault) + 1;

class Metrics {
 public:
  using Duration = std::chrono::steady_clock::duration;

  Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  ~Metrics();

  /// `message_class`: nullopt when it was answered before it was classified.
  void message(std::optional<rules::MessageClass> message_class, rules::Verdict verdict,
               Duration time) noexcept;
  void deferred(DeferReason reason) noexcept;
  /// A rule that the configuration does not name (any more) is not counted.
  void rule_matched(std::string_view rule) noexcept;
  void archived(Duration time) noexcept;
  void reloaded(bool has_succeeded) noexcept;

  /// The rules of the configuration that holds from now on. What was counted for others is forgotten.
  void use_rules(const std::vector<std::string>& names);

  /// All that was counted.
  std::vector<prometheus::MetricFamily> families() const;

 private:
  struct Counts;
  const std::unique_ptr<Counts> counts_;
};

}  // namespace pams::milter::metrics
