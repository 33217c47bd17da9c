/// Joins one line of the MTA's log to the message that it tells about: sets the statuses of its recipients
/// and adds events. What it has to know from one line to another (which TLS connection a process has, which
/// ids a message had) stands in the database. Lines about messages that are not in the trace change nothing.
#pragma once

#include "milter/base/sqlite.hpp"
#include "milter/trace/log_entry.hpp"
#include "milter/trace/postfix_log.hpp"
#include "milter/trace/trace_store.hpp"
#include "milter/trace/untold.hpp"

namespace pams::milter::trace {

class LogJoin {
 public:
  /// Within a transaction of `database`.
  explicit LogJoin(sqlite::Database& database) : database_(database), untold_(database) {}
  Status join(const LogEntry& entry);

 private:
  /// What an event row holds beside its message.
  struct Row {
    EventKind kind;
    std::string_view text, recipient, relay, result, tls;
  };
  Status join(const LogEntry& entry, const Attempt& attempt);
  Status join(const LogEntry& entry, const TlsEstablished& tls);
  Status join(const LogEntry& entry, const Requeued& requeued);
  Status join(const LogEntry& entry, const Queue& queue);
  Status join(const LogEntry& entry, const SomeDeleted& deleted);
  Status join(const LogEntry& entry, const MessageIdSeen& seen);
  Status join_unknown(const LogEntry& entry, const Queue& queue);
  Result<std::optional<std::int64_t>> message_of(const LogEntry& entry, const Attempt& attempt);
  Status join_known(const LogEntry& entry, const Queue& queue, std::int64_t message);

  Result<std::string> tls_of(const LogEntry& entry, const Attempt& attempt);
  Result<EventKind> kind_of(std::int64_t message, const LogEntry& entry, EventKind meant);
  Result<bool> has_recipient(std::int64_t message, std::string_view address);
  Status expand(std::int64_t message, const LogEntry& entry, const Attempt& attempt);
  Status set_result(std::int64_t message, const LogEntry& entry, const Attempt& attempt,
                    std::string_view tls);
  Status change_status(std::int64_t message, std::string_view from, DeliveryStatus to,
                       std::string_view reply);
  Status note_refusal(std::int64_t message, const Queue& queue);
  Status close(std::string_view queue_id);
  Status settle(std::int64_t message);
  Status add_event(std::int64_t message, const LogEntry& entry, const Row& row);
  Result<bool> counted_again(std::int64_t message, const LogEntry& entry, const Row& row);
  Result<std::optional<std::int64_t>> message_of(std::string_view queue_id);

  sqlite::Database& database_;
  Untold untold_;
};

}  // namespace pams::milter::trace
