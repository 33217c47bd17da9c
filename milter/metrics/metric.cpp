#include "milter/metrics/metric.hpp"

namespace pams::milter::metrics {

#define METRIC(id, type, help) const Metric id{#id, Metric::Type::type, help};
#include "milter/metrics/table.def"
#undef METRIC

const std::vector<const Metric*>& all_metrics() {
  static const std::vector<const Metric*> all{
#define METRIC(id, type, help) &id,
#include "milter/metrics/table.def"
#undef METRIC
  };
  return all;
}

}  // namespace pams::milter::metrics
