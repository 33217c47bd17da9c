/// The way that a report may take. That of a flagged message is as confidential as the message: it goes only
/// where [journal] confidential_reports says, and only while that is proven. Any thread.
#pragma once

#include <memory>
#include <string>

#include "milter/config/config.hpp"
#include "milter/connector/local_delivery.hpp"
#include "milter/connector/route_guard.hpp"

namespace pams::milter {

class ReportRoute {
 public:
  ReportRoute(std::shared_ptr<const Config> config, std::shared_ptr<RouteGuard> guard,
              std::shared_ptr<LocalDelivery> local)
      : config_(std::move(config)), guard_(std::move(guard)), local_(std::move(local)) {}

  /// The header fields that make the MTA take that way, to stand in front of the report: none, or the route
  /// marker. Failure::Misconfigured while the way is not proven.
  Result<std::string> fields(const std::string& mailbox, bool is_confidential) const;

 private:
  Result<std::string> through_connector() const;

  const std::shared_ptr<const Config> config_;
  const std::shared_ptr<RouteGuard> guard_;
  const std::shared_ptr<LocalDelivery> local_;
};

}  // namespace pams::milter
