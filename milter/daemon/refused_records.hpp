/// Archived messages that another milter or the MTA did not take after we had accepted them: their records
/// are marked, so that no archive keeps them silently as sent. Any thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "milter/archive/archive_store.hpp"
#include "milter/base/mutex.hpp"
#include "milter/trace/trace_store.hpp"

namespace pams::milter::daemon {

class RefusedRecords {
 public:
  using Archives = std::map<std::string, std::shared_ptr<archive::ArchiveStore>, std::less<>>;

  /// The archives that are looked into from now on.
  void look_into(const Archives& archives);
  /// By the queue id: a record's own id is another one in an encrypted archive. Throws std::runtime_error
  /// when an archive cannot be written: whoever tells must tell again.
  void mark(const trace::Refusal& refusal);

 private:
  Mutex mutex_;
  std::map<std::string, std::weak_ptr<archive::ArchiveStore>, std::less<>> archives_ PAMS_GUARDED_BY(mutex_);
};

}  // namespace pams::milter::daemon
