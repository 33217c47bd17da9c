/// Ends the keeping of old records: their rows, words and objects go, their places in the chain stay, and an
/// audit row of the chain says which and why. What a hold matches stays. Belongs to one thread; works beside
/// a running milter, in portions.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "milter/archive/chain_writer.hpp"
#include "milter/archive/hold.hpp"
#include "milter/archive/object_store.hpp"
#include "milter/config/config.hpp"

namespace pams::milter::archive {

class Purge {
 public:
  struct Plan {
    std::vector<std::int64_t> records;  ///< older than the limit and not held, by number
    std::int64_t bytes = 0;             ///< their messages, as they were sent
    std::int64_t held = 0;              ///< older, but held
    std::vector<Hold> holds;            ///< as they stood
  };

  Purge(const ArchiveSettings& settings, std::shared_ptr<Disk> disk)
      : settings_(settings),
        disk_(disk),
        objects_(settings.path, disk),
        chain_(settings.path, settings.checkpoint_key, disk) {}

  /// Changes nothing but the index, which is brought up to date first: a hold must see everything.
  Result<Plan> plan(std::chrono::sys_seconds before);
  /// Failure::Temporary when a hold was added or released since the plan; what was purged until then stays
  /// so.
  /// `progress` hears how many records are done, and of how many; it may be empty.
  Status carry_out(const Plan& plan, const std::string& older_than, std::chrono::sys_seconds now,
                   const std::function<void(std::int64_t done, std::int64_t total)>& progress = {});
  /// Removes objects and temporary files, a day old or more, that crashes and retries left; how many.
  Result<std::int64_t> collect_unnamed(std::chrono::sys_seconds now);

 private:
  Status purge_some(const Plan& plan, std::span<const std::int64_t> records, const std::string& older_than,
                    std::chrono::sys_seconds now);
  Status remove_unnamed(ArchiveDatabase& archive, const std::vector<std::string>& objects,
                        std::int64_t& removed);

  const ArchiveSettings settings_;
  const std::shared_ptr<Disk> disk_;
  ObjectStore objects_;
  ChainWriter chain_;
};

}  // namespace pams::milter::archive
