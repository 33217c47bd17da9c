/// Which version a database's tables have (PRAGMA user_version), so that a program finds what an older one
/// has written, and leaves alone what a newer one has. Failures as sqlite.hpp gives them, and Misconfigured,
/// with a remedy, for a newer version: nothing is changed then.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "milter/base/sqlite.hpp"

namespace pams::milter::sqlite {

struct Schema {
  std::int64_t version = 1;  ///< what this program reads and writes
  std::string tables;        ///< makes what is missing, and changes nothing that is there
  /// The N-th (from 0) makes version N + 2 of version N + 1, after `tables`. It may find its work done: 0.1.0
  /// writes its own number over ours.
  std::vector<std::string> conversions = {};
};

/// Makes the tables, or brings those of an older version up to date: all in one transaction, or nothing.
Status make_or_upgrade(Database& database, const std::string& path, const Schema& schema);

/// For a reader, who upgrades nothing: the version that is there, 0 for 0.1.0's archive.
Result<std::int64_t> readable_version(Database& database, const std::string& path, std::int64_t known);

}  // namespace pams::milter::sqlite
