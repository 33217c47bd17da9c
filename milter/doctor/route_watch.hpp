/// Asks a RouteGuard at start and again while the daemon runs, whether or not flagged mail comes: some slips
/// take mail past the milter, and then only this tells of them. What is said only when it changes. One thread
/// of its own, ended by the destructor.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "milter/connector/route_guard.hpp"

namespace pams::milter::doctor {

class RouteWatch {
 public:
  using Tell = std::function<void(const rules::OutboundConnector&, const Status&)>;

  /// `tell` is called on the watch's thread and must not throw.
  RouteWatch(std::shared_ptr<RouteGuard> guard, std::vector<rules::OutboundConnector> connectors, Tell tell,
             std::chrono::milliseconds pause = std::chrono::seconds(5));

 private:
  void run(const std::stop_token& stop);
  void look();

  const std::shared_ptr<RouteGuard> guard_;
  const std::vector<rules::OutboundConnector> connectors_;
  const Tell tell_;
  const std::chrono::milliseconds pause_;
  std::vector<std::string> told_;  ///< by connector; "" = verified
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace pams::milter::doctor
