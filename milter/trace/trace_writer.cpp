#include "milter/trace/trace_writer.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>

#include "milter/base/path_access.hpp"
#include "milter/log/log.hpp"

namespace pams::milter::trace {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kMessagesPerTransaction = 500;
constexpr std::size_t kForgottenPerTransaction = 200;
constexpr std::size_t kRefusalsPerCycle = 200;
constexpr std::chrono::minutes kForgetEvery(1);

Instant now() { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

/// About how much memory it takes.
std::size_t footprint(const MessageTrace& message) {
  std::size_t bytes = sizeof(MessageTrace) + message.subject.size() + message.message_id.size();
  for (const auto& recipient : message.recipients) bytes += sizeof(std::string) + recipient.size();
  for (const auto& event : message.events) bytes += sizeof(TraceEvent) + event.text.size();
  return bytes;
}

}  // namespace

TraceWriter::TraceWriter(WriterSettings settings)
    : settings_(std::move(settings)), state_file_(settings_.path), thread_([this] { run(); }) {}

void TraceWriter::record(MessageTrace message) noexcept {
  try {
    const auto bytes = footprint(message);
    bool is_first_lost = false;
    {
      const MutexLock lock(mutex_);
      if (queue_.size() < settings_.queue_length && queued_bytes_ + bytes <= settings_.queue_bytes) {
        queue_.push_back(std::move(message));
        queued_bytes_ += bytes;
      } else {
        is_first_lost = !lost_;
        count_lost({message.received, message.received, 1});
      }
    }
    changed_.notify_all();
    if (is_first_lost) log::write(log::trace_full, {{"path", settings_.path}});
  } catch (...) {  // NOLINT(bugprone-empty-catch): no memory for a trace is no reason to refuse mail
  }
}

void TraceWriter::change(std::string mail_log, std::chrono::seconds retention) {
  const MutexLock lock(mutex_);
  wanted_ = Wanted{std::move(mail_log), retention};
}

bool TraceWriter::wait_until_written(std::chrono::milliseconds maximum) {
  MutexLock lock(mutex_);
  const auto wanted = idle_cycles_ + 2;  // the cycle that runs now may have read the log already
  return lock.wait_for(changed_, maximum, [&]() PAMS_REQUIRES(mutex_) {
    return idle_cycles_ >= wanted && queue_.empty() && !lost_;
  });
}

void TraceWriter::stop(std::chrono::milliseconds maximum) {
  {
    const MutexLock lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    stop_at_ = steady_clock::now() + maximum;
  }
  changed_.notify_all();
  thread_.join();
  auto left = taken_.size();
  {
    const MutexLock lock(mutex_);
    left += queue_.size() + (lost_ ? lost_->messages : 0);
  }
  if (left > 0) log::write(log::trace_lost, {{"path", settings_.path}, {"messages", std::to_string(left)}});
  if (left == 0 && store_) static_cast<void>(store_->close_cleanly());
}

void TraceWriter::run() noexcept {
  bool goes_on = true;
  while (goes_on) {
    const auto outcome = guarded_cycle();
    tell_condition(outcome);
    goes_on = wait(outcome);
  }
}

/// What was told of the database may be over without a message since; of log and refusals it is not.
void TraceWriter::tell_condition(Outcome outcome) {
  if (!settings_.on_condition) return;
  const auto& beside = told_of_log_.empty() ? told_of_refusals_ : told_of_log_;
  const auto failure = outcome == Outcome::Stuck && !told_of_store_.empty() ? told_of_store_ : beside;
  if (told_condition_ == failure) return;
  settings_.on_condition(failure);
  told_condition_ = failure;
}

TraceWriter::Outcome TraceWriter::guarded_cycle() noexcept {
  try {
    return cycle();
  } catch (const std::exception& e) {
    store_fails({Failure::Temporary, e.what()});
    give_up_batch();
    return Outcome::Stuck;
  }
}

/// After a fault of ours, which would come again with the same data.
void TraceWriter::give_up_batch() {
  {
    const MutexLock lock(mutex_);
    if (!taken_.empty()) count_lost({taken_.front().received, taken_.back().received, taken_.size()});
  }
  taken_.clear();
  if (batch_) joined_up_to_ = batch_->place;
  batch_.reset();
}

/// The log is read before messages are taken: the MTA can only tell of a message that was recorded before, so
/// every line finds its message.
TraceWriter::Outcome TraceWriter::cycle() {
  take_wanted();
  if (!open_store()) return Outcome::Stuck;
  read_log();
  const bool has_taken_all = take_from_queue();
  if (!write()) return Outcome::Stuck;
  if (!has_taken_all) return Outcome::MoreToDo;
  const bool has_lines = batch_ && !batch_->entries.empty();
  if (!join_log() || !tell_refusals()) return Outcome::Stuck;
  if (forget_old() || has_lines) return Outcome::MoreToDo;
  {
    const MutexLock lock(mutex_);
    ++idle_cycles_;
  }
  changed_.notify_all();
  return Outcome::Idle;
}

bool TraceWriter::open_store() {
  if (store_) return true;
  auto opened = TraceStore::open(settings_.path, now());
  if (!opened) {
    store_fails(opened.error());
    return false;
  }
  store_ = std::move(*opened);
  state_file_.tell(state_ = {});
  return true;
}

/// Lines that were read from the former log already are still joined.
void TraceWriter::take_wanted() {
  std::optional<Wanted> wanted;
  {
    const MutexLock lock(mutex_);
    wanted.swap(wanted_);
  }
  if (!wanted) return;
  if (wanted->mail_log != settings_.mail_log) {
    log_.reset();
    state_.log.reset();
    state_file_.tell(state_);
  }
  settings_.mail_log = std::move(wanted->mail_log);
  settings_.retention = wanted->retention;
}

void TraceWriter::read_log() {
  if (batch_ || settings_.mail_log.empty()) return;
  if (!log_) {
    const auto place = store_->log_place();
    if (!place) return store_fails(place.error());
    log_ = open_log(settings_.mail_log, *place);
  }
  auto batch = log_->read(now());
  if (!batch) return log_fails(batch.error());
  batch_ = std::move(*batch);
  told_of_log_.clear();
  state_.log.reset();
  state_file_.tell(state_);
}

/// True when nothing is left behind.
bool TraceWriter::take_from_queue() {
  const MutexLock lock(mutex_);
  while (!queue_.empty() && taken_.size() < kMessagesPerTransaction) {
    queued_bytes_ -= footprint(queue_.front());
    taken_.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return queue_.empty();
}

bool TraceWriter::write() {
  std::optional<Lost> lost;
  {
    const MutexLock lock(mutex_);
    lost.swap(lost_);
  }
  if (taken_.empty() && !lost) return true;
  std::optional<Gap> gap;
  if (lost) gap = Gap{lost->from, lost->until, lost->messages, "the trace could not be written"};
  if (const auto written = store_->write(taken_, gap); !written) {
    const MutexLock lock(mutex_);
    if (lost) count_lost(*lost);
    store_fails(written.error());
    return false;
  }
  if (lost)
    log::write(log::trace_lost, {{"path", settings_.path}, {"messages", std::to_string(lost->messages)}});
  taken_.clear();
  store_works();
  return true;
}

bool TraceWriter::join_log() {
  if (!batch_) return true;
  const bool is_news = !batch_->entries.empty() || !batch_->missed.empty() || batch_->place != joined_up_to_;
  if (is_news) {
    if (const auto joined = store_->join(*batch_, now()); !joined) {
      store_fails(joined.error());
      return false;
    }
    joined_up_to_ = batch_->place;
    store_works();
  }
  batch_.reset();
  return true;
}

/// False when the database cannot be used. What the hook throws does not keep others from being traced.
bool TraceWriter::tell_refusals() {
  if (!settings_.on_refused) return true;
  const auto refusals = store_->refusals(kRefusalsPerCycle);
  if (!refusals) {
    store_fails(refusals.error());
    return false;
  }
  try {
    for (const auto& one : *refusals)
      if (!tell_refusal(one)) return false;
    told_of_refusals_.clear();
  } catch (const std::exception& e) {
    tell_failure(told_of_refusals_, {Failure::Temporary, std::string("archive: ") + e.what()});
  }
  return true;
}

/// Settled only when it was told: told twice when the program ends in between.
bool TraceWriter::tell_refusal(const Refusal& refusal) {
  settings_.on_refused(refusal);
  const auto settled = store_->settle(refusal);
  if (!settled) store_fails(settled.error());
  return settled.has_value();
}

/// True when there may be more to forget.
bool TraceWriter::forget_old() {
  if (steady_clock::now() < forget_at_) return false;
  if (log_ && told_of_log_.empty())
    if (const auto settled = store_->settle_deleted(now()); !settled) store_fails(settled.error());
  const auto gone = store_->forget_before(now() - settings_.retention, kForgottenPerTransaction);
  if (!gone) store_fails(gone.error());
  const bool is_more = gone && *gone == kForgottenPerTransaction;
  if (!is_more) forget_at_ = steady_clock::now() + kForgetEvery;
  return is_more;
}

void TraceWriter::count_lost(const Lost& more) {
  if (!lost_) lost_ = Lost{more.from, more.until, 0};
  lost_->from = std::min(lost_->from, more.from);
  lost_->until = std::max(lost_->until, more.until);
  lost_->messages += more.messages;
}

/// Once for each new reason, until it works again.
void TraceWriter::tell_failure(std::string& told, const Error& error) {
  if (told == error.what) return;
  told = error.what;
  log::write(log::trace_failed, {{"path", settings_.path}, {"reason", error.what}});
}

/// With what keeps this user from the directory, and what helps: SQLite says no more than that a file cannot
/// be opened.
Error TraceWriter::explained(Error error) const {
  const auto obstacle = obstacle_to_writing_in(std::filesystem::path(settings_.path).parent_path().string());
  if (obstacle) error.what += ": " + obstacle->problem + "; " + obstacle->remedy;
  return error;
}

void TraceWriter::store_fails(const Error& failure) {
  const auto error = explained(failure);
  tell_failure(told_of_store_, error);
  state_.store = TraceProblem{state_.store ? state_.store->since : now(), error.what};
  state_file_.tell(state_);
}

void TraceWriter::store_works() {
  told_of_store_.clear();
  state_.store.reset();
  state_file_.tell(state_);
}

void TraceWriter::log_fails(const Error& error) {
  tell_failure(told_of_log_, error);
  state_.log = TraceProblem{state_.log ? state_.log->since : now(), error.what};
  state_file_.tell(state_);
}

bool TraceWriter::wait(Outcome outcome) {
  MutexLock lock(mutex_);
  // A trace that cannot be used keeps nobody from stopping who has nothing for it.
  const auto has_nothing = [&]() PAMS_REQUIRES(mutex_) { return taken_.empty() && queue_.empty() && !lost_; };
  if (outcome == Outcome::Stuck)
    lock.wait_for(changed_, settings_.pause, [&]() PAMS_REQUIRES(mutex_) {
      return stopping_ && (has_nothing() || steady_clock::now() >= stop_at_);
    });
  if (outcome == Outcome::Idle)
    lock.wait_for(changed_, settings_.pause,
                  [&]() PAMS_REQUIRES(mutex_) { return stopping_ || !queue_.empty(); });
  if (!stopping_) return true;
  // Messages may have come since the cycle that found nothing to do.
  const bool is_done = outcome != Outcome::MoreToDo && has_nothing();
  return !is_done && steady_clock::now() < stop_at_;
}

}  // namespace pams::milter::trace
