/// What the running milter answers when it is asked how it is. One thread asks at a time.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "milter/control/status_report.hpp"
#include "milter/daemon/reloader.hpp"

namespace pams::milter::daemon {

class StatusReporter {
 public:
  explicit StatusReporter(std::shared_ptr<Reloader> reloader) : reloader_(std::move(reloader)) {}

  /// Evaluates the routing where the MTA's files have changed, and tries every disk: seconds, and at most
  /// half a minute for the routing and ten seconds for the disks.
  control::StatusReport report();
  /// Its JSON; "" when not even that could be made.
  std::string json() noexcept;

 private:
  std::vector<control::Access> access(const std::shared_ptr<const Config>& config);

  const std::shared_ptr<Reloader> reloader_;
  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  /// On a thread of its own, because a disk may hang; the next report waits for it again.
  std::future<std::vector<control::Access>> being_tried_;
};

}  // namespace pams::milter::daemon
