/// Asks a RouteGuard at start and again while the daemon runs, whether or not flagged mail comes: some slips
/// take mail past the milter, and then only this tells of them. What is said only when it changes. One thread
/// of its own for the daemon's life, whatever configuration it watches.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "milter/routing/route_guard.hpp"

namespace pams::milter::routing {

class RouteWatch {
 public:
  using Tell = std::function<void(const rules::OutboundConnector&, const Status&)>;

  /// `tell` is called on the watch's thread and must not throw. The thread begins with the first watch(), so
  /// that it has the signals blocked that its caller has.
  explicit RouteWatch(Tell tell, std::chrono::milliseconds pause = std::chrono::seconds(5));
  RouteWatch(const RouteWatch&) = delete;
  RouteWatch& operator=(const RouteWatch&) = delete;
  /// Does not wait for a question that is being asked: nobody is told its answer.
  ~RouteWatch();

  /// From now on this guard and this connector. Never waits for an answer. One
  /// thread at a time.
  void watch(std::shared_ptr<RouteGuard> guard, const rules::OutboundConnector& connector);
  void rest();  ///< watches nothing from now on

 private:
  struct Shared;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace pams::milter::routing
