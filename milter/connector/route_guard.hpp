/// Whether the MTA would really take a marked message to its connector. The session asks before it releases
/// flagged mail. Implementations are safe for many sessions at once.
#pragma once

#include "rules/base/result.hpp"
#include "rules/connector/outbound_connector.hpp"

namespace pams::milter {

class RouteGuard {
 public:
  virtual ~RouteGuard() = default;
  /// Fine, or Failure::Misconfigured with the check that failed and its remedy. Cheap while the MTA's files
  /// do not change.
  virtual Status verified(const rules::OutboundConnector& connector) = 0;
};

}  // namespace pams::milter
