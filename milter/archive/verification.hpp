/// Proves an archive, or says where it is broken: every object against its name, every row against the chain,
/// the chain against the head and the checkpoints. Reads only; works beside a running milter.
///
/// What it cannot see: somebody who rewrites rows, chain, head and checkpoints alike. Against that stand
/// checkpoints signed with a key whose holder is somebody else, and copies of `head` in another place.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "milter/base/disk.hpp"
#include "milter/config/config.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::archive {

struct Verification {
  struct Problem {
    std::int64_t number;  ///< the entry; 0 when it is none's
    std::string id;       ///< the record's; "" when it is none's
    std::string what;
  };
  std::int64_t entries = 0, records = 0, outcomes = 0, purged = 0, objects = 0, checkpoints = 0,
               signed_checkpoints = 0;
  std::int64_t unnamed_objects = 0;  ///< what crashes and retries leave behind; harmless
  std::vector<Problem> problems;     ///< in the chain's order; the first 1,000
  std::int64_t problem_count = 0;

  bool is_good() const { return problem_count == 0; }
};

/// Hears how many entries are done, and of how many.
using VerificationProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// An Error when it could not be looked at; what is wrong with it is in the answer.
Result<Verification> verify_archive(const ArchiveSettings& settings,
                                    std::shared_ptr<Disk> disk = std::make_shared<Disk>(),
                                    const VerificationProgress& progress = {});

}  // namespace pams::milter::archive
