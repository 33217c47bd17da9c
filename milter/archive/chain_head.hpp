/// The end of the chain, kept beside the database in the file `head`: whoever puts an older copy of the
/// database in its place is found out. A crash may leave the head one batch older than the database, never
/// newer. It also repeats the last checkpoint: the chain's hash at one entry, signed when there is a key.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "milter/base/disk.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::archive {

/// The last entry of the chain; number 0 and hash "" when there is none.
struct Tip {
  std::int64_t number = 0;
  std::string hash;
  bool operator==(const Tip&) const = default;
};

struct Checkpoint {
  Tip tip;
  std::chrono::sys_seconds time;
  std::string signature;  ///< base64; "" without a key
  bool operator==(const Checkpoint&) const = default;
};
/// What is signed.
std::string statement_of(const Checkpoint& checkpoint);

struct ChainHead {
  Tip tip;
  std::optional<Checkpoint> checkpoint;
};

/// nullopt when there is no such file. Failure::Misconfigured when it cannot be read or understood.
Result<std::optional<ChainHead>> read_head(const std::string& archive);
/// On the disk when it returns (the directory's entry only the first time: an older head does no harm).
Status write_head(Disk& disk, int archive, const ChainHead& head);

}  // namespace pams::milter::archive
