/// The messages themselves: one file per content, under `objects/ab/cd/`, named for what it holds.
/// `<sha256 of the message>.zst` is a zstd frame. `<sha256 of the file>.cms` is encrypted: a name made from
/// the message would tell who holds the files but not the key that a guessed message, or the same message
/// twice, is there. Which of several deliveries share an encrypted message is therefore not known here, only
/// that a message went out as it came.
///
/// A file under its final name is whole and synced with its directories. What a crash leaves behind is a
/// `.tmp`, or an object that no record names: harmless, and collected by `purge`. Any number of threads and
/// processes.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>

#include "milter/archive/cms_encryption.hpp"
#include "milter/base/disk.hpp"
#include "milter/base/durable_file.hpp"
#include "milter/base/fd.hpp"
#include "milter/base/mutex.hpp"

namespace pams::milter::archive {

class ObjectStore {
 public:
  /// `path` is the archive's directory, which must be there when something is stored.
  ObjectStore(std::string path, std::shared_ptr<Disk> disk)
      : path_(std::move(path)), disk_(std::move(disk)) {}

  static bool is_encrypted(std::string_view object) { return object.ends_with(".cms"); }

  /// Durable when it returns the object's name. `digest` is the SHA-256 of `pieces`. An object that is there
  /// already is read and checked; a damaged one is replaced.
  Result<std::string> put(const std::string& digest, std::span<const std::string_view> pieces);
  Result<std::string> put_encrypted(const CmsEncryption& encryption,
                                    std::span<const std::string_view> pieces);

  Result<bool> has(const std::string& object);
  /// The message; of an encrypted one the CMS structure. What was handed to `sink` is right only when this
  /// succeeds: Failure::Misconfigured when it is missing or is not what its name says.
  Status read(const std::string& object, const Sink& sink);
  Result<std::string> load(const std::string& object, std::size_t maximum);

  Status remove(const std::string& object);

  struct File {
    std::string object;  ///< or the name of a `.tmp`
    std::string path;    ///< below objects/
    std::chrono::sys_seconds changed;
  };
  /// Every file below objects/, in no order.
  Status each(const std::function<Status(const File&)>& visit) const;

 private:
  struct Shard {
    Fd directory;
    std::string path;  ///< below objects/
  };
  Result<Fd> open_objects();
  Result<Shard> open_shard(int objects, const std::string& name);
  Result<Fd> open_durable(int above, const std::string& name, const std::string& path);
  Status store(const std::function<Result<std::string>(const Sink&)>& produce, std::string& name);
  Status move_in(int objects, const std::string& temporary, const std::string& name);

  const std::string path_;
  const std::shared_ptr<Disk> disk_;
  Mutex mutex_;
  std::set<std::string> durable_
      PAMS_GUARDED_BY(mutex_);  ///< directories whose own entry above is known to be synced
};

}  // namespace pams::milter::archive
