/// Whether the MTA would really take a carrier to its connector, and what comes in really shows its flag. The
/// session asks before it releases mail. Implementations are safe for many sessions at once.
#pragma once

#include "rules/base/result.hpp"
#include "rules/connector/outbound_connector.hpp"

namespace pams::milter::routing {

class RouteGuard {
 public:
  virtual ~RouteGuard() = default;
  /// Fine, or Failure::Misconfigured with the check that failed and its remedy. Cheap while the MTA's files
  /// do not change.
  virtual Status verified(const rules::OutboundConnector& connector) = 0;
  /// Fine, or Failure::Misconfigured: something in the MTA could take the flag from a message before the
  /// milter sees it, so that all mail of trusted peers to the outside must wait. verified() includes it; as
  /// cheap.
  virtual Status flag_survives(const rules::OutboundConnector& connector) = 0;
};

}  // namespace pams::milter::routing
