/// The embedded archive, `kind = "directory"`: messages as compressed or encrypted files under `objects/`,
/// one row per delivery in `archive.db`, chained by hash; the chain's end in `head`; the search index, made
/// afterwards, in `index.db`. Any number of threads and processes; modes are 0600 and 0700.
///
/// Order of a commit: the objects (prepare(): each session by itself, in parallel), the row (many sessions in
/// one transaction), the head, the receipt. Whatever fails before that: no receipt, and what is left behind
/// is an object that no record names, or a whole record that the next try finds.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "milter/archive/archive_store.hpp"
#include "milter/archive/indexer.hpp"
#include "milter/archive/object_store.hpp"
#include "milter/archive/record_writer.hpp"
#include "milter/base/mutex.hpp"
#include "milter/config/config.hpp"

namespace pams::milter::archive {

class DirectoryArchive : public ArchiveStore {
 public:
  /// Touches no disk: what is missing or wrong is told by commit() and check(), and fixed without a restart.
  /// The last directory of the path is made when it is missing; the ones above must be there.
  explicit DirectoryArchive(const ArchiveSettings& settings,
                            std::shared_ptr<Disk> disk = std::make_shared<Disk>());

  Result<std::unique_ptr<Prepared>> prepare(const ArchiveRecord& record) override;
  Result<bool> mark(const ArchivedTry& attempt, RecordOutcome outcome, const std::string& reason) override;

  /// Whether a commit could succeed now: an operator learns at start what would defer mail later.
  Status check();

 private:
  struct Encryption {
    CmsEncryption cms;
    std::string secret;  ///< keeps ids from confirming guesses
  };
  class PreparedRow;
  Status make_ready();
  void doubt();
  Result<const Encryption*> encryption();
  Result<std::string> put(const Encryption* encryption, const RecordBytes& bytes, const std::string& digest);
  Status put_objects(const Encryption* encryption, const ArchiveRecord& record, RecordRow& row);

  const ArchiveSettings settings_;
  const std::shared_ptr<Disk> disk_;
  ObjectStore objects_;
  Mutex mutex_;
  bool is_prepared_ PAMS_GUARDED_BY(mutex_) = false;
  std::optional<Encryption> encryption_ PAMS_GUARDED_BY(mutex_);
  Indexer indexer_;  // the writer wakes it, so it goes last
  RecordWriter writer_;
};

}  // namespace pams::milter::archive
