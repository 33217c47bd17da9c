#include "milter/doctor/route_watch.hpp"

namespace pams::milter::doctor {

RouteWatch::RouteWatch(std::shared_ptr<RouteGuard> guard, std::vector<rules::OutboundConnector> connectors,
                       Tell tell, std::chrono::milliseconds pause)
    : guard_(std::move(guard)),
      connectors_(std::move(connectors)),
      tell_(std::move(tell)),
      pause_(pause),
      told_(connectors_.size(), "not looked at yet"),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void RouteWatch::look() {
  for (std::size_t i = 0; i < connectors_.size(); ++i) {
    const auto status = guard_->verified(connectors_[i]);
    const auto now = status ? std::string() : status.error().what;
    if (now == told_[i]) continue;
    told_[i] = now;
    tell_(connectors_[i], status);
  }
}

void RouteWatch::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    look();
    ended_.wait_for(lock, stop, pause_, [] { return false; });
  }
}

}  // namespace pams::milter::doctor
