/// The routing checks as the enforcement asks them: what stands between a flagged message and its route. Any
/// thread.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "milter/doctor/check.hpp"
#include "milter/routing/route_verifier.hpp"

namespace pams::milter::doctor {

/// Runs the routing checks once.
routing::RouteEvaluation evaluate_route(const Config& config, const rules::OutboundConnector& connector,
                                        const mta::Mta& mta);

struct FailedRouteCheck {
  std::string_view id;
  Finding finding;
};
/// All routing checks that fail now; only the one that others stand on when that fails. Asks everything anew.
std::vector<FailedRouteCheck> failed_route_checks(const Config& config,
                                                  const rules::OutboundConnector& connector);

/// For the daemon: on the Postfix that `config` names. Make a new one for a new configuration.
std::unique_ptr<routing::RouteGuard> make_route_verifier(std::shared_ptr<const Config> config);

}  // namespace pams::milter::doctor
