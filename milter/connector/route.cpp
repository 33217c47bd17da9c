#include "milter/connector/route.hpp"

namespace pams::milter {

std::string route_marker(const Config& config, const rules::OutboundConnector& connector,
                         const std::string& token) {
  return connector.name == config.policy.pams.connector ? token : token + "-" + connector.transport;
}

std::string route_target(const rules::OutboundConnector& connector) {
  std::string hosts;
  for (const auto& host : connector.smart_hosts) hosts += (hosts.empty() ? "" : ",") + host.nexthop();
  return connector.transport + ":" + hosts;
}

std::string route_action(const rules::OutboundConnector& connector) {
  return "FILTER " + route_target(connector);
}

}  // namespace pams::milter
