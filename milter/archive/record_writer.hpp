/// Group commit: records of many sessions, written by one thread in one transaction, so that one sync serves
/// all that wait. Any thread may write. The thread starts with the first record: who makes a RecordWriter may
/// fork before.
#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "milter/archive/chain_writer.hpp"
#include "milter/archive/object_store.hpp"

namespace pams::milter {

class RecordWriter {
 public:
  enum class Outcome { Added, WasThere, ObjectGone };

  /// `changed` is told after each batch. Both references live longer than this.
  RecordWriter(ChainWriter chain, ObjectStore& objects, std::function<void()> changed);
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;
  /// Nobody may be waiting any more.
  ~RecordWriter();

  /// Waits until the record is durable. ObjectGone: a purge has just collected the row's objects, because no
  /// record named them yet; they must be put again.
  Result<Outcome> write(RecordRow row);
  /// Whether the database can be written: an empty batch.
  Status check();

 private:
  struct Waiting {
    RecordRow* row;  ///< null: only a check
    std::promise<Result<Outcome>> answer;
  };
  Result<Outcome> wait_for(RecordRow* row);
  void run();
  void write_batch(std::vector<Waiting>& batch);
  Result<Outcome> add(ArchiveDatabase& database, Tip& tip, RecordRow& row);

  ChainWriter chain_;
  ObjectStore& objects_;
  const std::function<void()> changed_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Waiting> waiting_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace pams::milter
