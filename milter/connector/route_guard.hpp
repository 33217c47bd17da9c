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
  /// Whether the MTA's own rules leave the flag where it is until the milter sees it. While they do not, any
  /// mail of trusted peers may be a flagged message. As cheap as verified().
  virtual Status flag_survives(const rules::OutboundConnector& connector) = 0;
};

}  // namespace pams::milter
