#include "milter/relay/hop_cache.hpp"

#include <algorithm>

namespace pams::milter::relay {
namespace {

constexpr std::chrono::seconds kIdleAtMost(30);
constexpr std::size_t kMaximumIdle = 20;
constexpr std::chrono::milliseconds kToSayQuit(100);

using Clock = std::chrono::steady_clock;

}  // namespace

std::unique_ptr<NextHop> HopCache::take(const Key& key) {
  for (;;) {
    std::unique_ptr<NextHop> hop;
    {
      const MutexLock lock(mutex_);
      const auto found = std::ranges::find_if(
          idle_, [&](const auto& one) { return one.key == key && one.until > Clock::now(); });
      if (found == idle_.end()) return nullptr;
      hop = std::move(found->hop);
      idle_.erase(found);
    }
    if (hop->is_usable()) return hop;
  }
}

void HopCache::give(Key key, std::unique_ptr<NextHop> hop) {
  hop->cancel_on({});
  std::unique_ptr<NextHop> oldest;
  const MutexLock lock(mutex_);
  if (idle_.size() >= kMaximumIdle) {
    oldest = std::move(idle_.front().hop);
    idle_.erase(idle_.begin());
  }
  idle_.push_back({std::move(key), std::move(hop), Clock::now() + kIdleAtMost});
}

void HopCache::prune(const std::shared_ptr<const Config>& current) {
  std::vector<std::unique_ptr<NextHop>> over;
  {
    const MutexLock lock(mutex_);
    std::erase_if(idle_, [&](auto& one) {
      if (one.key.config == current && one.until > Clock::now()) return false;
      over.push_back(std::move(one.hop));
      return true;
    });
  }
  for (const auto& hop : over)
    if (hop->is_usable()) hop->quit(Clock::now() + kToSayQuit);
}

}  // namespace pams::milter::relay
