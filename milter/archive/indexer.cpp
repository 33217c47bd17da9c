#include "milter/archive/indexer.hpp"

#include "milter/archive/search_index.hpp"

namespace pams::milter::archive {
namespace {

Status catch_up(const std::string& archive, ObjectStore& objects, const std::function<bool()>& wants_more) {
  auto database = ArchiveDatabase::open(archive, sqlite::Access::ReadOnly);
  if (!database) return tl::unexpected(database.error());
  auto index = SearchIndex::open(archive, sqlite::Access::ReadWrite);
  if (!index) return tl::unexpected(index.error());
  return index->catch_up(*database, objects, wants_more);
}

}  // namespace

Indexer::Indexer(std::string archive)
    : archive_(std::move(archive)), objects_(archive_, std::make_shared<Disk>()) {}

Indexer::~Indexer() {
  {
    const MutexLock lock(mutex_);
    ends_ = true;
  }
  woken_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Indexer::wake() {
  {
    const MutexLock lock(mutex_);
    has_work_ = true;
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  woken_.notify_one();
}

bool Indexer::ends() {
  const MutexLock lock(mutex_);
  return ends_;
}

void Indexer::run() {
  for (;;) {
    {
      MutexLock lock(mutex_);
      lock.wait(woken_, [this]() PAMS_REQUIRES(mutex_) { return ends_ || has_work_; });
      if (ends_) return;
      has_work_ = false;
    }
    try {
      // A failure is left for the next record's turn: `pamsctl archive search` meets it too, and tells it.
      static_cast<void>(catch_up(archive_, objects_, [this] { return !ends(); }));
    } catch (const std::exception&) {
      // A message that the parser cannot bear must not end the milter.
      continue;
    }
  }
}

}  // namespace pams::milter::archive
