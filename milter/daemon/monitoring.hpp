/// Metrics and health of the running milter, whatever configuration holds. Nothing here is on a message's way
/// but the counting. One thread at a time; the tellers on any.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "milter/daemon/monitoring_looks.hpp"
#include "milter/metrics/endpoint.hpp"
#include "milter/session/services.hpp"

namespace pams::milter::daemon {

class Monitoring {
 public:
  Monitoring();

  const std::shared_ptr<metrics::Metrics>& counts() const { return counts_; }

  /// Counts and looks as these services need it from now on, and serves where their configuration says; looks
  /// at nothing where nothing is served. The error when it cannot be served stops nothing.
  Status use(const session::Services& services);

  /// Somebody begins to ask whether the routing checks pass, and will tell the route_teller.
  void route_is_asked();
  /// To be told whether they do; nullopt: nobody asks any more. Does not throw, and may outlive this.
  std::function<void(const std::optional<Status>&)> route_teller() const;
  /// To be told why the trace cannot be written or completed, and "" when it is in order; the same.
  std::function<void(const std::string& failure)> trace_teller() const;

 private:
  Status look_and_serve(const session::Services& services);

  const std::shared_ptr<metrics::Metrics> counts_ = std::make_shared<metrics::Metrics>();
  const std::shared_ptr<metrics::Looks> looks_ = std::make_shared<metrics::Looks>();
  const std::shared_ptr<SeenGaps> gaps_;
  metrics::Endpoint endpoint_{counts_, looks_};
};

}  // namespace pams::milter::daemon
