/// The RouteGuard that holds flagged mail back until the routing checks have passed on the
/// MTA's configuration as it is now. Evaluates on the first question and again when a file changed that an
/// answer came from; while it fails and no file changes, every five seconds at most. One evaluation at a
/// time; other sessions wait for it. Any thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>

#include "milter/base/mutex.hpp"
#include "milter/config/config.hpp"
#include "milter/routing/cached_mta.hpp"
#include "milter/routing/route_guard.hpp"

namespace pams::milter::routing {

/// What one evaluation found, and what it stands on.
struct RouteEvaluation {
  Status status;
  std::vector<FileStamp> files;
  bool beyond_files = false;  ///< it stands on tables that are no files: good for a minute only
  Status flag_survives = {};  ///< the checks that guard all mail; `status` includes them
};

class RouteVerifier final : public RouteGuard {
 public:
  using Evaluate = std::function<RouteEvaluation(const rules::OutboundConnector&)>;
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  explicit RouteVerifier(Evaluate evaluate, Clock clock = std::chrono::steady_clock::now);

  /// The error names the check that failed and its remedy. What throws inside counts as not verified.
  Status verified(const rules::OutboundConnector& connector) override;
  Status flag_survives(const rules::OutboundConnector& connector) override;

 private:
  struct Known {
    RouteEvaluation evaluation;
    std::chrono::steady_clock::time_point at;
  };
  bool still_holds(const Known& known) const;
  RouteEvaluation evaluation_of(const rules::OutboundConnector& connector);
  RouteEvaluation evaluate_now(const rules::OutboundConnector& connector) const;

  Evaluate evaluate_;
  Clock clock_;
  Mutex mutex_;
  std::map<std::string, Known> known_ PAMS_GUARDED_BY(mutex_);  ///< by connector name
};

}  // namespace pams::milter::routing
