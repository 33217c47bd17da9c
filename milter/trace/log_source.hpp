/// Where lines of the MTA's log come from: a file (log_file.hpp) or the journal (journald_log.hpp). Used by
/// one thread.
#pragma once

#include <memory>
#include <string>

#include "milter/trace/trace_store.hpp"

namespace pams::milter::trace {

class LogSource {
 public:
  virtual ~LogSource() = default;
  /// What has come since the last call, at most about a megabyte; never waits. When the place after it could
  /// not be stored, the caller keeps the batch. Failure: the log cannot be read now; ask again later.
  virtual Result<LogBatch> read(Instant now) = 0;
};

/// `mail_log` as in the configuration: a file, or "journal". `place`: where an earlier run stopped; without
/// one, reading begins with what is logged from now on.
std::unique_ptr<LogSource> open_log(const std::string& mail_log, const std::optional<LogPlace>& place);

}  // namespace pams::milter::trace
