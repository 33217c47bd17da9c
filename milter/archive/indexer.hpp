/// Keeps the search index up with the archive, in a thread of its own, after acceptance. What goes wrong here
/// delays nobody's mail: it is tried again with the next record, and the lag is seen in `archive list`.
#pragma once

#include <condition_variable>
#include <string>
#include <thread>

#include "milter/archive/object_store.hpp"
#include "milter/base/mutex.hpp"

namespace pams::milter::archive {

class Indexer {
 public:
  explicit Indexer(std::string archive);
  Indexer(const Indexer&) = delete;
  Indexer& operator=(const Indexer&) = delete;
  ~Indexer();

  /// Something was added, or may have been before the last restart. Any thread; returns at once.
  void wake();

 private:
  void run();
  bool ends();

  const std::string archive_;
  ObjectStore objects_;
  Mutex mutex_;
  std::condition_variable woken_;
  bool has_work_ PAMS_GUARDED_BY(mutex_) = false;
  bool ends_ PAMS_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace pams::milter::archive
