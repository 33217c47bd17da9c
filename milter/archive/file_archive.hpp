/// The embedded archive: a folder of files. `<path>/ab/<id>.eml` holds a message exactly as it is sent,
/// `<path>/ab/<id>.json` its envelope and circumstances; `ab` are the first two letters of the id, the id is
/// the SHA-256 of content and envelope. The .json comes last; a record is complete when both stand there.
///
/// Each file is written under a temporary name, synced, renamed, and its folder synced. What a crash leaves
/// behind is a `.tmp` or a lone .eml; both are replaced when the message comes again. Modes are 0600 and
/// 0700; symbolic links are not followed below `path`. Any number of threads and processes.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "milter/archive/archive_store.hpp"
#include "milter/archive/record.hpp"
#include "milter/base/disk.hpp"
#include "milter/base/fd.hpp"

namespace pams::milter {

class FileArchive : public ArchiveStore {
 public:
  /// The last folder of `path` is made when it is missing; the ones above must be there.
  explicit FileArchive(std::string path, std::shared_ptr<Disk> disk = std::make_shared<Disk>());

  /// Failure::Misconfigured: permissions, a read-only or missing place. Temporary: everything else.
  Result<Stored> commit(const ArchiveRecord& record) override;

  /// Writes and removes a small file, so that an operator learns at start what would defer mail later.
  Status test_write();

 private:
  Result<Fd> open_root();
  Result<Fd> open_shard(int root, const std::string& name);
  Result<bool> is_complete(int shard, const std::string& id, std::size_t size);
  Status write_file(int shard, const std::string& name, std::initializer_list<std::string_view> pieces);
  Status write_pieces(int shard, const std::string& name, std::initializer_list<std::string_view> pieces);
  Status sync(int file, const std::string& name);
  Status sync_once(int folder, const std::string& name, bool is_new);

  const std::string path_;
  const std::shared_ptr<Disk> disk_;
  std::mutex mutex_;
  std::set<std::string> durable_;  ///< folders whose own entry above is known to be synced
};

}  // namespace pams::milter
