#include "milter/seal/old_keys.hpp"

namespace pams::milter::seal {

KeyRing without_old_keys(const KeyRing& ring, const std::set<std::string>& in_use,
                         std::chrono::sys_seconds now) {
  std::vector<Key> remaining;
  const Key* follower = nullptr;
  for (const auto& key : ring.keys()) {
    const bool is_old = follower != nullptr && follower->created + kUsableAfterRotation <= now;
    if (!is_old || in_use.contains(key.id())) remaining.push_back(key);
    follower = &key;
  }
  return KeyRing(std::move(remaining));
}

}  // namespace pams::milter::seal
