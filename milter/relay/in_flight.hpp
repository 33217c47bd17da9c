/// Which recipients of which seals are being delivered by this process: two sessions with one seal must not
/// both send it. Any thread.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "milter/base/mutex.hpp"

namespace pams::milter::relay {

class InFlight {
 public:
  /// What one delivery holds; given back with it.
  class Claims {
   public:
    explicit Claims(InFlight& registry) : registry_(registry) {}
    Claims(const Claims&) = delete;
    Claims& operator=(const Claims&) = delete;
    ~Claims() { release(); }
    /// False: another delivery has it.
    bool take(const std::string& seal, const std::string& recipient) {
      const MutexLock lock(registry_.mutex_);
      if (!registry_.all_.emplace(seal, recipient).second) return false;
      mine_.emplace_back(seal, recipient);
      return true;
    }
    void release() {
      const MutexLock lock(registry_.mutex_);
      for (const auto& one : mine_) registry_.all_.erase(one);
      mine_.clear();
    }

   private:
    InFlight& registry_;
    std::vector<std::pair<std::string, std::string>> mine_;
  };

 private:
  Mutex mutex_;
  std::set<std::pair<std::string, std::string>> all_ PAMS_GUARDED_BY(mutex_);
};

}  // namespace pams::milter::relay
