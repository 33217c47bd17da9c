/// Mail that the MTA has logged and no milter has told of: what the guard rules keep because no milter saw
/// it, and what a rule of the site puts on hold before the milters. It becomes a message of the trace when
/// the log says that it waits; should a milter tell of it after all, that message takes its place. Within a
/// transaction of the database.
#pragma once

#include <string_view>

#include "milter/base/sqlite.hpp"
#include "milter/trace/log_entry.hpp"
#include "milter/trace/postfix_log.hpp"

namespace pams::milter::trace {

/// A guard rule of ours keeps it: the service "retry" says so at each attempt.
bool is_kept_by_guard(const LogEntry& entry, const Attempt& attempt);

class Untold {
 public:
  explicit Untold(sqlite::Database& database) : database_(database) {}

  Status remember(const LogEntry& entry, const MessageIdSeen& seen);
  Status remember(const LogEntry& entry, const Queue& active);
  /// A message for what is known of this queue id; its recipients come with the attempts.
  Result<std::int64_t> tell(const LogEntry& entry, std::string_view queue_id, std::string_view message_class,
                            std::string_view note);
  /// A rule before the milters has put it on hold.
  Status tell_held(const LogEntry& entry, const Queue& held);
  /// The milter tells of this queue id: `message`. A hold from before goes on.
  Status take_over(std::string_view queue_id, std::int64_t message);
  Status forget(std::string_view queue_id);
  Status forget_before(Instant limit);

 private:
  sqlite::Database& database_;
};

}  // namespace pams::milter::trace
