/// What a look at the gateway has found: values for /metrics, and what is not in order for /healthz. Values;
/// any thread.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "milter/metrics/metric.hpp"

namespace pams::milter::metrics {

struct Sample {
  const Metric* metric = nullptr;
  std::vector<std::pair<std::string, std::string>> labels;
  /// A number; or an instant, which is shown as the seconds that are left until then.
  std::variant<double, std::chrono::system_clock::time_point> value = 0.0;
};

/// What could not be found out has no sample.
struct Findings {
  std::vector<Sample> samples;
  std::vector<std::string> problems;  ///< sentences for the operator, without line ends
};

}  // namespace pams::milter::metrics
