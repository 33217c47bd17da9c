#include "milter/archive/record_writer.hpp"

#include <chrono>

namespace pams::milter {

RecordWriter::RecordWriter(ChainWriter chain, ObjectStore& objects, std::function<void()> changed)
    : chain_(std::move(chain)), objects_(objects), changed_(std::move(changed)) {}

RecordWriter::~RecordWriter() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  arrived_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Result<RecordWriter::Outcome> RecordWriter::write(RecordRow row) { return wait_for(&row); }

Status RecordWriter::check() {
  return wait_for(nullptr).map([](Outcome) {});
}

Result<RecordWriter::Outcome> RecordWriter::wait_for(RecordRow* row) {
  std::future<Result<Outcome>> answer;
  {
    const std::lock_guard lock(mutex_);
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    answer = waiting_.emplace_back(Waiting{row, {}}).answer.get_future();
  }
  arrived_.notify_one();
  return answer.get();
}

void RecordWriter::run() {
  for (;;) {
    std::vector<Waiting> batch;
    {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
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
  std::vector<Result<Outcome>> outcomes;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto written = chain_.run(now, [&](ArchiveDatabase& database, Tip& tip) -> Status {
    for (const auto& one : batch) {
      outcomes.push_back(one.row == nullptr ? Outcome::WasThere : add(database, tip, *one.row));
      if (!outcomes.back()) return tl::unexpected(outcomes.back().error());
    }
    return {};
  });
  for (std::size_t i = 0; i < batch.size(); ++i)
    batch[i].answer.set_value(written ? outcomes[i] : tl::unexpected(written.error()));
}

Result<RecordWriter::Outcome> RecordWriter::add(ArchiveDatabase& database, Tip& tip, RecordRow& row) {
  const auto is_there = database.has_record(row.id);
  if (!is_there) return tl::unexpected(is_there.error());
  if (*is_there) return Outcome::WasThere;
  for (const auto* object : {&row.sent, &row.received}) {
    const auto has = objects_.has(*object);
    if (!has) return tl::unexpected(has.error());
    if (!*has) return Outcome::ObjectGone;
  }
  return database.append(tip, row).map([] { return Outcome::Added; });
}

}  // namespace pams::milter
