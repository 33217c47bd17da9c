/// Holds: what their query matches, now and later, no purge touches. They are audit rows of the chain, never
/// rows that could be quietly deleted. Belongs to one thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "milter/archive/chain_writer.hpp"
#include "milter/archive/record_search.hpp"

namespace pams::milter::archive {

struct Hold {
  std::string name;
  std::string query;
  std::chrono::sys_seconds since;
  std::int64_t number = 0;   ///< its entry in the chain
  bool is_of_0_1_0 = false;  ///< made when the query language was another
};

/// Those that stand, in the order of their making.
Result<std::vector<Hold>> holds(ArchiveDatabase& archive);

/// Failure::Refused: the name is taken, or the query is none, or one that moves with the clock ("today").
Status add_hold(ChainWriter& chain, const std::string& name, const std::string& query,
                std::chrono::sys_seconds now);
/// Failure::Refused: there is no hold of that name.
Status release_hold(ChainWriter& chain, const std::string& name, std::chrono::sys_seconds now);

/// The records that any of `all` holds, by number. What cannot be read is held when it might match.
/// Misconfigured, with the remedy, when 0.1.0 made a hold and may have meant other records by its query.
Result<std::vector<std::int64_t>> held_records(ArchiveDatabase& archive, SearchIndex& index,
                                               const std::vector<Hold>& all);

}  // namespace pams::milter::archive
