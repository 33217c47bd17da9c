/// The trace database: one row a message, one a recipient, their events in order, the gaps, and how far the
/// MTA's log has been read. Everything that belongs together is one transaction, so that a restart neither
/// misses a log line nor counts it twice. Used by one thread (TraceWriter's); readers open the file for
/// themselves (trace_query.hpp).
/// Failures as sqlite.hpp gives them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "milter/base/sqlite.hpp"
#include "milter/trace/log_entry.hpp"
#include "milter/trace/message_trace.hpp"

namespace pams::milter::trace {

/// A time for which the trace is not complete.
struct Gap {
  Instant from, until;
  std::optional<std::uint64_t> lost;  ///< messages; unknown after a crash
  std::string reason;
};

/// Where the next line of the MTA's log begins: in a file, or after a cursor of the journal.
struct LogPlace {
  std::uint64_t device = 0, inode = 0, offset = 0;
  std::uint64_t line_length = 0, line_hash = 0;  ///< of the last line, to know the file again
  std::string cursor;
  bool operator==(const LogPlace&) const = default;
};

/// Lines of the log, in order, and the place after them.
struct LogBatch {
  std::vector<LogEntry> entries;
  LogPlace place;
  std::string missed;  ///< what could not be read, when lines are known to be missing
};

/// An archived message that another milter or the MTA did not take after we had accepted it.
struct Refusal {
  std::int64_t message = 0;
  std::string queue_id;  ///< under which it was refused
  std::string archive_record;
  bool temporary = false;  ///< the client will try again
  std::string reason;      ///< "5.7.1 a virus"
};

class TraceStore {
 public:
  /// Opens the database or makes it. When it was not closed cleanly, a gap that ends `now` is noted.
  static Result<TraceStore> open(const std::string& path, Instant now);

  Status write(std::span<const MessageTrace> messages, const std::optional<Gap>& gap);
  /// Joins what the MTA says to its messages and stores the place.
  Status join(const LogBatch& batch, Instant now);
  /// Messages of which nothing was heard for hours after postsuper had deleted some, without saying which,
  /// are told as deleted; should the log tell of one after all, that holds. Only when the log is read up to
  /// `now`.
  Status settle_deleted(Instant now);
  /// nullopt: never read.
  Result<std::optional<LogPlace>> log_place();
  /// Those that were not settled, oldest first; they outlive a restart.
  Result<std::vector<Refusal>> refusals(std::size_t max_messages);
  Status settle(const Refusal& refusal);
  /// Deletes messages and gaps from before `limit`, at most `max_messages`; how many went.
  Result<std::size_t> forget_before(Instant limit, std::size_t max_messages);
  /// Nothing was lost up to here.
  Status close_cleanly();

 private:
  explicit TraceStore(sqlite::Database database) : database_(std::move(database)) {}
  Status begin_run(Instant now);
  Status insert(const MessageTrace& message);
  Status insert(const Gap& gap);
  Result<std::int64_t> next_id(Instant received);

  sqlite::Database database_;
};

/// The id of a message as it is shown: 11 characters, in order of time.
std::string shown_id(std::int64_t id);
std::optional<std::int64_t> id_of(std::string_view shown);
/// All ids that begin so when they are shown; nullopt when none can.
struct IdRange {
  std::int64_t first, last;
};
std::optional<IdRange> ids_like(std::string_view beginning);
/// The first id that a message received at `instant` can have.
std::int64_t first_id_of(Instant instant);

/// Text by which a value is found, whatever its letter case.
std::string search_key(std::string_view text);

}  // namespace pams::milter::trace
