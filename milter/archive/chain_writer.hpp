/// Writes at the end of the chain: one transaction at a time, whoever writes (sessions, several processes,
/// `pamsctl archive hold`), then the head, then a checkpoint when one is due (every 1,000 entries, and with
/// the first entry after a day). Belongs to one thread.
///
/// When the head does not fit the database (an older copy was put in its place, or the head was removed), the
/// archive goes on and says so in an audit row that `verify` reports ever after: mail must not wait for it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "milter/archive/archive_database.hpp"
#include "milter/archive/checkpoint_key.hpp"
#include "milter/base/disk.hpp"
#include "milter/base/fd.hpp"

namespace pams::milter::archive {

class ChainWriter {
 public:
  static constexpr std::int64_t kCheckpointEvery = 1000;

  /// `checkpoint_key` is a PEM file; "" for checkpoints without a signature.
  ChainWriter(std::string archive, std::string checkpoint_key, std::shared_ptr<Disk> disk)
      : archive_(std::move(archive)), key_file_(std::move(checkpoint_key)), disk_(std::move(disk)) {}

  using Work = std::function<Status(ArchiveDatabase&, Tip&)>;
  /// Runs `work` in a transaction; `work` appends after the tip. When it returns, all is durable; when it
  /// fails nothing of it is there, or (a failing commit) all of it without a promise. `now` dates
  /// checkpoints. `afterwards` runs when all is durable and nobody else can write yet.
  Status run(std::chrono::sys_seconds now, const Work& work,
             const std::function<Status(ArchiveDatabase&)>& afterwards = nullptr);

 private:
  Result<Fd> lock();
  Status prepare(int root, std::chrono::sys_seconds now);
  Status open(int root, std::chrono::sys_seconds now);
  Status write(int root, std::chrono::sys_seconds now, const Work& work);
  Status add_checkpoint(const Tip& tip, std::chrono::sys_seconds now);
  bool lacks_signature() const;
  Result<bool> fits(const std::optional<ChainHead>& head, const Tip& tip);

  const std::string archive_;
  const std::string key_file_;
  const std::shared_ptr<Disk> disk_;
  std::optional<CheckpointKey> key_;
  std::optional<ArchiveDatabase> database_;
  std::optional<Checkpoint> last_checkpoint_;
};

}  // namespace pams::milter::archive
