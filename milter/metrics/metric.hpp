/// Which metrics there are: one row of table.def each. Any thread.
#pragma once

#include <string_view>
#include <vector>

namespace pams::milter::metrics {

struct Metric {
  enum class Type { Counter, Gauge, Histogram };
  std::string_view name;
  Type type;
  std::string_view help;
};

#define METRIC(id, type, help) extern const Metric id;
#include "milter/metrics/table.def"
#undef METRIC

/// In the table's order.
const std::vector<const Metric*>& all_metrics();

}  // namespace pams::milter::metrics
