/// The configuration that journaling works by, which a reload replaces while reports are on their way. Any
/// thread.
#pragma once

#include <memory>
#include <mutex>

#include "milter/config/config.hpp"
#include "milter/journal/report_route.hpp"

namespace pams::milter {

class JournalSetup {
 public:
  struct Snapshot {
    std::shared_ptr<const Config> config;
    ReportRoute route;
    const journal::Journal& journal() const { return config->policy.journal; }
  };

  JournalSetup(std::shared_ptr<const Config> config, ReportRoute route) {
    use(std::move(config), std::move(route));
  }

  void use(std::shared_ptr<const Config> config, ReportRoute route) {
    auto next = std::make_shared<const Snapshot>(Snapshot{std::move(config), std::move(route)});
    const std::lock_guard lock(mutex_);
    snapshot_ = std::move(next);
  }
  std::shared_ptr<const Snapshot> now() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace pams::milter
