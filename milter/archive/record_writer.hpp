/// Group commit: records and marks of many sessions, written by one thread in one transaction, so that one
/// sync serves all that wait. Any thread may write. The thread starts with the first record: who makes a
/// RecordWriter may fork before.
#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <thread>
#include <vector>

#include "milter/archive/archive_store.hpp"
#include "milter/archive/chain_writer.hpp"
#include "milter/archive/object_store.hpp"
#include "milter/base/mutex.hpp"

namespace pams::milter::archive {

class RecordWriter {
 public:
  enum class Written { Added, WasThere, ObjectGone, NoSuchRecord };

  /// `changed` is told after each batch. Both references live longer than this.
  RecordWriter(ChainWriter chain, ObjectStore& objects, std::function<void()> changed);
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;
  /// Nobody may be waiting any more.
  ~RecordWriter();

  /// Waits until the record is durable. WasThere: a try before made it; this one, when the record does not
  /// know it or counts it as failed, is noted with it. ObjectGone: a purge has just collected the row's
  /// objects, because no record named them yet; they must be put again.
  Result<Written> write(RecordRow row);
  /// Waits until the mark is durable: Added, WasThere or NoSuchRecord.
  Result<Written> mark(const ArchivedTry& attempt, RecordOutcome outcome, const std::string& reason);
  /// Whether the database can be written: something is, and synced, that changes nothing.
  Status check();

 private:
  using Work = std::function<Result<Written>(ArchiveDatabase&, Tip&)>;
  struct Waiting {
    const Work* work;
    std::promise<Result<Written>> answer;
  };
  Result<Written> wait_for(const Work& work);
  void run();
  void write_batch(std::vector<Waiting>& batch);
  Result<Written> add(ArchiveDatabase& database, Tip& tip, RecordRow& row);
  Result<Written> note_try(ArchiveDatabase& database, Tip& tip, const RecordRow& kept, const RecordRow& row);
  void remove_unnamed(ArchiveDatabase& database, const RecordRow& row);

  ChainWriter chain_;
  ObjectStore& objects_;
  const std::function<void()> changed_;
  Mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Waiting> waiting_ PAMS_GUARDED_BY(mutex_);
  bool ends_ PAMS_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace pams::milter::archive
