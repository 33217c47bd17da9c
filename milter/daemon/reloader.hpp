/// Puts a new configuration in the place of the one that holds, and keeps the former ones until the last
/// message that began with them is over. A file with errors, or a fault while it is loaded, changes nothing.
/// One thread reloads; any other may stop() it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "milter/base/mutex.hpp"
#include "milter/daemon/wiring.hpp"

namespace pams::milter::daemon {

class Reloader {
 public:
  struct ReloadResult {
    bool reloaded = false;
    std::string text;  ///< for the operator: lines, all diagnostics and what else is to be known
  };

  /// Makes the services of the first configuration. Sessions use them from now on.
  Reloader(std::shared_ptr<const Config> first, Wire wire);

  /// Reads the first configuration's file again. All is logged (reloaded, reload_refused, ...). What a
  /// running milter cannot change keeps its value and is named.
  ReloadResult reload() noexcept;

  /// Ends the services of former configurations that no message uses any more, on this thread: that may write
  /// to disks, and no session should wait for it. True when some are still in use.
  bool drop_unused();

  /// From now on nothing is put in place any more; what was to be traced is written within `timeout`.
  void stop(std::chrono::milliseconds timeout);

  /// What holds now.
  struct Current {
    std::shared_ptr<const session::Services> services;
    std::chrono::system_clock::time_point loaded;  ///< when its files were read
    std::string refused;                           ///< why the last reload was refused; "" when it was not
  };
  Current current() const;
  /// As Wired::route_line of what holds now.
  std::string route_line() const;

  const std::string& config_file() const { return config_file_; }

 private:
  ReloadResult try_to_reload() noexcept;
  ReloadResult load_and_use();
  ReloadResult use(std::shared_ptr<const Config> config, std::string text,
                   std::chrono::system_clock::time_point loaded);
  ReloadResult refused(const std::string& reason, const std::string& text);
  bool put_in_place(const Wired& wired, std::chrono::system_clock::time_point loaded);

  const std::string config_file_;
  const Listen listen_;
  const Wire wire_;

  mutable Mutex mutex_;
  bool stopped_ PAMS_GUARDED_BY(mutex_) = false;
  std::shared_ptr<const session::Services> current_ PAMS_GUARDED_BY(mutex_);
  std::chrono::system_clock::time_point loaded_ PAMS_GUARDED_BY(mutex_);
  std::function<std::string()> route_line_ PAMS_GUARDED_BY(mutex_);
  std::string refused_ PAMS_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<const session::Services>> formers_ PAMS_GUARDED_BY(mutex_);
};

}  // namespace pams::milter::daemon
