/// Connections to smart hosts that stand idle between two messages, for a short while. What was opened under
/// another configuration is never given out. Any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "milter/base/mutex.hpp"
#include "milter/config/config.hpp"
#include "milter/relay/next_hop.hpp"

namespace pams::milter::relay {

class HopCache {
 public:
  struct Key {
    std::shared_ptr<const Config> config;
    std::string connector, host, helo_name;
    bool operator==(const Key&) const = default;
  };
  /// Null when there is none that still stands.
  std::unique_ptr<NextHop> take(const Key& key);
  /// One that has ended its transaction properly.
  void give(Key key, std::unique_ptr<NextHop> hop);
  /// Ends those that are idle for too long, and those of other configurations than `current`.
  void prune(const std::shared_ptr<const Config>& current);

 private:
  struct Idle {
    Key key;
    std::unique_ptr<NextHop> hop;
    smart_host::Deadline until;
  };
  Mutex mutex_;
  std::vector<Idle> idle_ PAMS_GUARDED_BY(mutex_);  ///< the oldest first
};

}  // namespace pams::milter::relay
