/// What the watch of the routing has found last: in the log when it changes, and as a line for whoever asks.
/// Any thread.
#pragma once

#include <string>

#include "milter/base/mutex.hpp"
#include "rules/base/result.hpp"
#include "rules/connector/outbound_connector.hpp"

namespace pams::milter::daemon {

class RouteNews {
 public:
  /// Events route_verified and route_unverified.
  void tell(const rules::OutboundConnector& connector, const Status& status);
  /// `line` until the watch tells something.
  void reset(std::string line);

  /// "routing verified", "flagged mail waits: ...", "routing not checked", "routing is being checked".
  std::string line() const;

 private:
  mutable Mutex mutex_;
  std::string line_ PAMS_GUARDED_BY(mutex_) = "routing not checked";
};

}  // namespace pams::milter::daemon
