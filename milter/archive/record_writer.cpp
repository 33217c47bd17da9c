#include "milter/archive/record_writer.hpp"

#include <algorithm>
#include <chrono>

namespace pams::milter::archive {
namespace {

constexpr std::size_t kLongestReason = 500;

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string one_line(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c == '\r' || c == '\n'; }, ' ');
  return text.substr(0, kLongestReason);
}

Result<std::optional<RecordRow>> record_of(ArchiveDatabase& database, const ArchivedTry& attempt) {
  if (!attempt.record.empty()) return database.record_of(attempt.record);
  if (attempt.queue_id.empty()) return std::nullopt;
  return database.newest_of_queue_id(attempt.queue_id);
}

}  // namespace

RecordWriter::RecordWriter(ChainWriter chain, ObjectStore& objects, std::function<void()> changed)
    : chain_(std::move(chain)), objects_(objects), changed_(std::move(changed)) {}

RecordWriter::~RecordWriter() {
  {
    const MutexLock lock(mutex_);
    ends_ = true;
  }
  arrived_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Result<RecordWriter::Written> RecordWriter::write(RecordRow row) {
  return wait_for([&](ArchiveDatabase& database, Tip& tip) { return add(database, tip, row); });
}

Result<RecordWriter::Written> RecordWriter::mark(const ArchivedTry& attempt, RecordOutcome outcome,
                                                 const std::string& reason) {
  return wait_for([&](ArchiveDatabase& database, Tip& tip) -> Result<Written> {
    const auto kept = record_of(database, attempt);
    if (!kept) return tl::unexpected(kept.error());
    if (!*kept) return Written::NoSuchRecord;
    const auto later = database.outcomes_of((*kept)->number);
    if (!later) return tl::unexpected(later.error());
    const auto queue_id = attempt.queue_id.empty()
                              ? fate_of((*kept)->queue_id, (*kept)->message_id, *later).queue_id
                              : attempt.queue_id;
    const auto before = outcome_of_try(queue_id, (*kept)->queue_id, *later);
    if (before.is_known && before.outcome == outcome) return Written::WasThere;
    OutcomeRow row{0, (*kept)->number, now(), queue_id, "", std::string(to_text(outcome)), one_line(reason)};
    return database.append(tip, row).map([] { return Written::Added; });
  });
}

Status RecordWriter::check() {
  const auto touch = [](ArchiveDatabase& database, Tip&) {
    return database.touch().map([] { return Written::WasThere; });
  };
  return wait_for(touch).map([](Written) {});
}

Result<RecordWriter::Written> RecordWriter::wait_for(const Work& work) {
  std::future<Result<Written>> answer;
  {
    const MutexLock lock(mutex_);
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    answer = waiting_.emplace_back(Waiting{&work, {}}).answer.get_future();
  }
  arrived_.notify_one();
  return answer.get();
}

void RecordWriter::run() {
  for (;;) {
    std::vector<Waiting> batch;
    {
      MutexLock lock(mutex_);
      lock.wait(arrived_, [this]() PAMS_REQUIRES(mutex_) { return ends_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      batch.swap(waiting_);  // what arrives while this batch is synced makes the next one
    }
    try {
      write_batch(batch);
    } catch (...) {
      // A fault of the program is the sessions' to report; this thread goes on for the next ones.
      for (auto& one : batch) one.answer.set_exception(std::current_exception());
    }
    changed_();
  }
}

void RecordWriter::write_batch(std::vector<Waiting>& batch) {
  std::vector<Result<Written>> outcomes;
  const auto written = chain_.run(now(), [&](ArchiveDatabase& database, Tip& tip) -> Status {
    for (const auto& one : batch) {
      outcomes.push_back((*one.work)(database, tip));
      if (!outcomes.back()) return tl::unexpected(outcomes.back().error());
    }
    return {};
  });
  for (std::size_t i = 0; i < batch.size(); ++i)
    batch[i].answer.set_value(written ? outcomes[i] : tl::unexpected(written.error()));
}

Result<RecordWriter::Written> RecordWriter::add(ArchiveDatabase& database, Tip& tip, RecordRow& row) {
  const auto kept = database.record_of(row.id);
  if (!kept) return tl::unexpected(kept.error());
  if (*kept) return note_try(database, tip, **kept, row);
  for (const auto* object : {&row.sent, &row.received}) {
    const auto has = objects_.has(*object);
    if (!has) return tl::unexpected(has.error());
    if (!*has) return Written::ObjectGone;
  }
  return database.append(tip, row).map([] { return Written::Added; });
}

Result<RecordWriter::Written> RecordWriter::note_try(ArchiveDatabase& database, Tip& tip,
                                                     const RecordRow& kept, const RecordRow& row) {
  remove_unnamed(database, row);
  const auto later = database.outcomes_of(kept.number);
  if (!later) return tl::unexpected(later.error());
  const auto before = outcome_of_try(row.queue_id, kept.queue_id, *later);
  if (before.is_known && before.outcome == RecordOutcome::Sent) return Written::WasThere;
  OutcomeRow sent{
      0, kept.number, row.time, row.queue_id, row.message_id, std::string(to_text(RecordOutcome::Sent)), ""};
  return database.append(tip, sent).map([] { return Written::WasThere; });
}

/// The record keeps the messages of its first try. The chain is locked: who counts on one of these objects
/// looks for it under the lock, and puts it again. What cannot be removed, a purge collects.
void RecordWriter::remove_unnamed(ArchiveDatabase& database, const RecordRow& row) {
  for (const auto* object : {&row.sent, &row.received}) {
    const auto named = database.names_object(*object);
    if (named && !*named) static_cast<void>(objects_.remove(*object));
  }
}

}  // namespace pams::milter::archive
