/// What keeps the trace from being complete at this time: the writer knows it, and tells it in a file beside
/// the database. The file has its room on the disk beforehand and is written over in place, so that it can be
/// written when the disk is full and when the directory is not writable any more.
#pragma once

#include <optional>
#include <string>

#include "milter/base/fd.hpp"
#include "milter/trace/message_trace.hpp"

namespace pams::milter::trace {

struct TraceProblem {
  Instant since;
  std::string reason;
  bool operator==(const TraceProblem&) const = default;
};
struct TraceState {
  std::optional<TraceProblem> store;  ///< the database cannot be written
  std::optional<TraceProblem> log;    ///< the MTA's log cannot be read
  bool operator==(const TraceState&) const = default;
};

/// "trace.db-state" beside "trace.db".
std::string state_path(const std::string& trace_path);

/// The writer's side; one thread. Where the file cannot be made or written nothing is told: what the trace
/// lacks is in the log as well.
class StateFile {
 public:
  explicit StateFile(const std::string& trace_path) : path_(state_path(trace_path)) {}
  void tell(const TraceState& state);

 private:
  bool open();
  const std::string path_;
  Fd file_;
  std::optional<TraceState> told_;
};

/// The reader's side. Without a file (no writer of this version has run yet) no problem is known.
Result<TraceState> read_state(const std::string& trace_path);

/// A sentence with what is missing and what to do for each problem, each with a line end; "" when there is
/// none.
std::string shown_state(const TraceState& state);
/// What to do about a reason, where the reason alone tells it: "make room on that disk; ...".
std::optional<std::string> remedy_for(const std::string& reason);

}  // namespace pams::milter::trace
