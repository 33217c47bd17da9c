/// Things that outlive a configuration, because two of them at once would be wrong or a waste: asked for by
/// its origin (all that it is made from), the one that some snapshot still uses is given again, and otherwise
/// a new one is made. Owns nothing: a thing ends with the last snapshot that uses it. One thread at a time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace pams::milter::daemon {

template <class Thing>
class WeakCache {
 public:
  /// `make()` gives a std::shared_ptr<Thing>.
  template <class Make>
  std::shared_ptr<Thing> get(const std::string& origin, Make make) {
    std::erase_if(things_, [](const auto& entry) { return entry.second.expired(); });
    if (const auto found = things_.find(origin); found != things_.end())
      if (auto thing = found->second.lock()) return thing;
    std::shared_ptr<Thing> made = make();
    things_.insert_or_assign(origin, made);
    return made;
  }

 private:
  std::map<std::string, std::weak_ptr<Thing>> things_;
};

}  // namespace pams::milter::daemon
