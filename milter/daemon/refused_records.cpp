#include "milter/daemon/refused_records.hpp"

#include <stdexcept>
#include <vector>

namespace pams::milter::daemon {

void RefusedRecords::look_into(const Archives& archives) {
  const MutexLock lock(mutex_);
  archives_.clear();
  for (const auto& [name, archive] : archives) archives_.emplace(name, archive);
}

void RefusedRecords::mark(const trace::Refusal& refusal) {
  std::map<std::string, std::shared_ptr<archive::ArchiveStore>> archives;
  {
    const MutexLock lock(mutex_);
    for (const auto& [name, archive] : archives_)
      if (auto held = archive.lock()) archives.emplace(name, std::move(held));
  }
  const auto outcome = refusal.temporary ? archive::RecordOutcome::Deferred : archive::RecordOutcome::Refused;
  for (const auto& [name, archive] : archives)
    if (const auto marked = archive->mark({refusal.queue_id, ""}, outcome, refusal.reason); !marked)
      throw std::runtime_error("archive " + name + ": " + marked.error().what);
}

}  // namespace pams::milter::daemon
