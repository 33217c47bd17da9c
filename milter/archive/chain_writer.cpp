#include "milter/archive/chain_writer.hpp"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <nlohmann/json.hpp>

#include "milter/base/durable_file.hpp"

namespace pams::milter::archive {
namespace {

/// What the head said, for the audit row.
std::string describe(const std::optional<ChainHead>& head) {
  using Json = nlohmann::ordered_json;
  if (!head) return Json{{"head", nullptr}}.dump();
  return Json{{"head", {{"entries", head->tip.number}, {"hash", head->tip.hash}}}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Status ChainWriter::run(std::chrono::sys_seconds now, const Work& work,
                        const std::function<Status(ArchiveDatabase&)>& afterwards) {
  const auto root = lock();
  if (!root) return tl::unexpected(root.error());
  auto done = prepare(root->get(), now).and_then([&] { return write(root->get(), now, work); });
  if (done && afterwards) done = afterwards(*database_);
  // After a failure SQLite reads again what is really on the disk.
  if (!done) database_.reset();
  return done;
}

Result<Fd> ChainWriter::lock() {
  const auto above = std::filesystem::path(archive_).parent_path().string();
  const Fd parent(disk_->open(AT_FDCWD, above, O_RDONLY | O_DIRECTORY));
  if (!parent) return disk_error("open", above);
  const bool made = disk_->make_directory(AT_FDCWD, archive_, 0700) == 0;
  if (!made && errno != EEXIST) return disk_error("make", archive_);
  Fd root(disk_->open(AT_FDCWD, archive_, O_RDONLY | O_DIRECTORY));
  if (!root) return disk_error("open", archive_);
  if (disk_->lock(root.get()) < 0) return disk_error("lock", archive_);
  if (database_) return root;
  return sync_file(*disk_, parent.get(), above).map([&] { return std::move(root); });
}

Status ChainWriter::prepare(int root, std::chrono::sys_seconds now) {
  // A database that was moved away under an open connection would take records that nobody finds again.
  struct stat status {};
  if (database_ && disk_->status(root, "archive.db", status) < 0) database_.reset();
  if (database_) return {};
  if (!key_file_.empty() && !key_) {
    auto key = CheckpointKey::load(key_file_);
    if (!key) return tl::unexpected(key.error());
    key_.emplace(std::move(*key));
  }
  auto opened = open(root, now);
  if (!opened) database_.reset();
  return opened;
}

Status ChainWriter::open(int root, std::chrono::sys_seconds now) {
  auto database = ArchiveDatabase::open(archive_, sqlite::Access::ReadWrite);
  if (!database) return tl::unexpected(database.error());
  database_.emplace(std::move(*database));
  auto tip = database_->tip();
  const auto last = database_->last_checkpoint();
  if (!tip) return tl::unexpected(tip.error());
  if (!last) return tl::unexpected(last.error());
  last_checkpoint_ = *last;
  // A damaged head is as good as none: what it said cannot be held against the database.
  const auto head = read_head(archive_).value_or(std::nullopt);
  const auto good = fits(head, *tip);
  if (!good) return tl::unexpected(good.error());
  if (*good && head && head->tip == *tip) return {};
  if (!*good) {
    AuditRow row{0, now, "discontinuity", describe(head)};
    const auto noted = database_->transaction([&] { return database_->append(*tip, row); });
    if (!noted) return noted;
  }
  const auto written = write_head(*disk_, root, {*tip, last_checkpoint_});
  give_to_owner(archive_, "head");
  return written;
}

Result<bool> ChainWriter::fits(const std::optional<ChainHead>& head, const Tip& tip) {
  if (!head) return tip.number == 0;
  if (head->tip.number == 0) return true;
  return database_->hash_at(head->tip.number).map([&](const auto& hash) { return hash == head->tip.hash; });
}

Status ChainWriter::write(int root, std::chrono::sys_seconds now, const Work& work) {
  Tip tip;
  const auto checkpoint_before = last_checkpoint_;
  const auto written = database_->transaction([&]() -> Status {
    auto found = database_->tip();
    if (!found) return tl::unexpected(found.error());
    tip = *found;
    if (const auto worked = work(*database_, tip); !worked) return worked;
    return tip == *found && !lacks_signature() ? Status{} : add_checkpoint(tip, now);
  });
  if (!written) {
    last_checkpoint_ = checkpoint_before;
    return written;
  }
  const auto kept = write_head(*disk_, root, {tip, last_checkpoint_});
  give_to_owner(archive_, "head");
  return kept;
}

/// A key that has just been configured: what stands until now is signed at once.
bool ChainWriter::lacks_signature() const {
  return key_ && last_checkpoint_ && last_checkpoint_->signature.empty();
}

Status ChainWriter::add_checkpoint(const Tip& tip, std::chrono::sys_seconds now) {
  const auto entries = tip.number - (last_checkpoint_ ? last_checkpoint_->tip.number : 0);
  const bool is_due = !last_checkpoint_ || entries >= kCheckpointEvery ||
                      now - last_checkpoint_->time >= std::chrono::days(1) || lacks_signature();
  if (!is_due) return {};
  Checkpoint checkpoint{tip, now, ""};
  if (key_) checkpoint.signature = key_->sign(statement_of(checkpoint));
  return database_->append(checkpoint).map([&] { last_checkpoint_ = checkpoint; });
}

}  // namespace pams::milter::archive
