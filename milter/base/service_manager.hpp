/// What this process tells systemd, or whatever else started it: the protocol of sd_notify(3), which a unit
/// with Type=notify and WatchdogSec= needs. Without $NOTIFY_SOCKET nothing happens. Nothing here throws, and
/// nothing waits for longer than five seconds. Any thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace pams::milter {

class ServiceManager {
 public:
  /// There is none.
  ServiceManager() = default;
  /// The one that $NOTIFY_SOCKET names; $WATCHDOG_USEC counts when it is meant for this process.
  static ServiceManager from_environment();

  /// At the start, and when a reload is over.
  void ready() const;
  void reloading() const;
  void stopping() const;
  /// One line for `systemctl status`.
  void status(const std::string& line) const;
  /// For the watchdog: to be told only by whoever has just seen that the process does its work.
  void alive() const;

  bool is_there() const { return !socket_.empty(); }
  /// Half of the time after which the watchdog ends a process that is silent; nullopt: there is no watchdog.
  std::optional<std::chrono::milliseconds> alive_every() const { return alive_every_; }

 private:
  void tell(const std::string& state) const noexcept;

  std::string socket_;  ///< a path, or "@name" for an abstract socket
  std::optional<std::chrono::milliseconds> alive_every_;
};

/// What is told again and again while a process serves: its status when that has changed, and that it is
/// alive. Belongs to the thread whose work it is to serve, which calls tell_what_is_due() between two waits.
class ServicePulse {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  struct Looks {
    std::function<std::string()> status;  ///< one line
    std::function<bool()> is_alive;       ///< whether the process does its work; may take a few seconds
  };
  ServicePulse(const ServiceManager& manager, Looks looks, Clock clock = std::chrono::steady_clock::now);

  /// How long the thread may wait, for poll(2): milliseconds; -1 for ever.
  int may_wait() const;
  void tell_what_is_due();

 private:
  const ServiceManager& manager_;
  const Looks looks_;
  const Clock clock_;
  std::string told_;
  std::chrono::steady_clock::time_point status_at_, alive_at_;
};

}  // namespace pams::milter
