/// Takes messages from the sessions and writes them, and what the MTA's log tells of them, with one thread of
/// its own. Mail never waits for it: when its queue is full because the disk refuses, messages are counted as
/// lost, and a gap is written as soon as writing works again. Any thread may record.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "milter/base/mutex.hpp"
#include "milter/trace/log_source.hpp"
#include "milter/trace/message_trace.hpp"
#include "milter/trace/trace_state.hpp"
#include "milter/trace/trace_store.hpp"

namespace pams::milter::trace {

struct WriterSettings {
  std::string path;
  std::string mail_log;  ///< a file, or "journal"; "" = not joined
  std::chrono::seconds retention = std::chrono::hours(90 * 24);
  std::size_t queue_length = 10'000;
  std::size_t queue_bytes = 64U << 20U;
  /// How often the MTA's log is looked at, and how long after a failure it is tried again.
  std::chrono::milliseconds pause = std::chrono::milliseconds(500);
  /// Told of every archived message that another milter or the MTA did not take after we had accepted it: at
  /// least once, also across restarts, on the writer's thread. What it throws is logged, and it is told
  /// again after `pause`. May be empty.
  std::function<void(const Refusal& refusal)> on_refused = {};
  /// Told on the writer's thread when it begins to fail, with the reason (also another one), and with "" when
  /// all works again. Must not throw. May be empty.
  std::function<void(const std::string& failure)> on_condition = {};
};

class TraceWriter : public TraceSink {
 public:
  explicit TraceWriter(WriterSettings settings);
  TraceWriter(const TraceWriter&) = delete;
  TraceWriter& operator=(const TraceWriter&) = delete;
  ~TraceWriter() override { stop(std::chrono::seconds(5)); }

  void record(MessageTrace message) noexcept override;
  /// What a new configuration says of the same database; soon.
  void change(std::string mail_log, std::chrono::seconds retention);
  /// Waits until all that was recorded before is written and what the log held is joined; false when that
  /// did not happen within `maximum`.
  bool wait_until_written(std::chrono::milliseconds maximum);
  /// Writes what is left, within `maximum`; what cannot be written is counted and logged. Once.
  void stop(std::chrono::milliseconds maximum) override;

 private:
  struct Lost {
    Instant from, until;
    std::uint64_t messages = 0;
  };
  struct Wanted {
    std::string mail_log;
    std::chrono::seconds retention;
  };
  enum class Outcome { Idle, MoreToDo, Stuck };
  void run() noexcept;
  Outcome cycle();
  Outcome guarded_cycle() noexcept;
  void give_up_batch();
  bool open_store();
  void take_wanted();
  void read_log();
  bool take_from_queue();
  bool write();
  bool join_log();
  bool tell_refusals();
  bool tell_refusal(const Refusal& refusal);
  bool forget_old();
  void count_lost(const Lost& more) PAMS_REQUIRES(mutex_);
  void tell_failure(std::string& told, const Error& error);
  void tell_condition(Outcome outcome);
  Error explained(Error error) const;
  void store_fails(const Error& failure);
  void store_works();
  void log_fails(const Error& error);
  /// False when it is time to end.
  bool wait(Outcome outcome);

  WriterSettings settings_;  // what change() changes is the thread's own; the rest stays as it is

  Mutex mutex_;
  std::condition_variable changed_;
  std::deque<MessageTrace> queue_ PAMS_GUARDED_BY(mutex_);
  std::size_t queued_bytes_ PAMS_GUARDED_BY(mutex_) = 0;
  std::optional<Lost> lost_ PAMS_GUARDED_BY(mutex_);
  std::optional<Wanted> wanted_ PAMS_GUARDED_BY(mutex_);
  std::uint64_t idle_cycles_ PAMS_GUARDED_BY(mutex_) = 0;  ///< those that left nothing to do
  bool stopping_ PAMS_GUARDED_BY(mutex_) = false;
  std::chrono::steady_clock::time_point stop_at_ PAMS_GUARDED_BY(mutex_);

  // The thread's own.
  std::optional<TraceStore> store_;
  std::unique_ptr<LogSource> log_;
  std::vector<MessageTrace> taken_;
  std::optional<LogBatch> batch_;
  LogPlace joined_up_to_;
  std::chrono::steady_clock::time_point forget_at_;
  std::string told_of_store_, told_of_log_, told_of_refusals_;
  std::optional<std::string> told_condition_;
  TraceState state_;
  StateFile state_file_;

  std::thread thread_;
};

}  // namespace pams::milter::trace
