/// The way of a flagged message's report: it is as confidential as the message, so it is sealed when it is
/// spooled, travels as a carrier, and the relay brings it to [journal] deliver_to. Any thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "milter/config/config.hpp"
#include "milter/routing/route_guard.hpp"
#include "milter/seal/key_ring.hpp"

namespace pams::milter::journal {

class ReportRoute {
 public:
  ReportRoute(std::shared_ptr<const Config> config, std::shared_ptr<routing::RouteGuard> guard,
              std::shared_ptr<seal::KeyFile> keys)
      : config_(std::move(config)), guard_(std::move(guard)), keys_(std::move(keys)) {}

  /// Fine, or Failure::Misconfigured with what keeps such reports from leaving.
  Status ready() const;

  struct Report {
    std::string mailbox;
    std::string queue_id;  ///< of the message that is reported
    std::string bytes;     ///< header, blank line, body
    std::chrono::sys_seconds time;
  };
  /// The carrier that holds the report, for its mailbox and the alternate one.
  Result<std::string> sealed(Report report) const;
  /// Whether bytes begin as sealed() makes them; those from before reports were sealed do not.
  static bool is_sealed(std::string_view bytes);

 private:
  const rules::OutboundConnector* connector() const;

  const std::shared_ptr<const Config> config_;
  const std::shared_ptr<routing::RouteGuard> guard_;
  const std::shared_ptr<seal::KeyFile> keys_;
};

}  // namespace pams::milter::journal
