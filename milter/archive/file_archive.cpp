#include "milter/archive/file_archive.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>

namespace pams::milter {
namespace {

constexpr int kFolder = O_RDONLY | O_DIRECTORY;

/// Who must act: the postmaster where permissions or the place are wrong, nobody where the disk is full.
Failure failure_of(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case EROFS:
      return Failure::Misconfigured;
    default:
      return Failure::Temporary;
  }
}

/// Reads errno, so nothing may come between the call that failed and this.
auto failed(const char* deed, const std::string& name) {
  const int error = errno;
  return fail(failure_of(error), std::string("cannot ") + deed + " " + name + ": " + std::strerror(error));
}

}  // namespace

FileArchive::FileArchive(std::string path, std::shared_ptr<Disk> disk)
    : path_(std::move(path)), disk_(std::move(disk)) {}

Result<ArchiveStore::Stored> FileArchive::commit(const ArchiveRecord& record) {
  const auto bytes = bytes_of(record.message);
  const auto name = name_of(bytes, record.envelope);
  const auto description = describe(record, name, bytes.size());

  const auto root = open_root();
  if (!root) return tl::unexpected(root.error());
  const auto shard = open_shard(root->get(), name.id.substr(0, 2));
  if (!shard) return tl::unexpected(shard.error());
  const auto stored = is_complete(shard->get(), name.id, bytes.size()).and_then([&](bool complete) -> Status {
    if (complete) return {};
    return write_file(shard->get(), name.id + ".eml", {bytes.header, bytes.body}).and_then([&] {
      return write_file(shard->get(), name.id + ".json", {description});
    });
  });
  // Also for a record that was there: whoever renamed it may not have come to this line.
  return stored.and_then([&] { return sync(shard->get(), "the folder of " + name.id); }).map([&] {
    return receipt(name.id);
  });
}

Status FileArchive::test_write() {
  return open_root().and_then([&](const Fd& root) -> Status {
    const std::string name = "write-test.tmp";
    return write_pieces(root.get(), name, {"pams-milter\n"}).and_then([&]() -> Status {
      if (disk_->remove(root.get(), name) < 0) return failed("remove", path_ + "/" + name);
      return {};
    });
  });
}

Result<Fd> FileArchive::open_root() {
  const auto above = std::filesystem::path(path_).parent_path().string();
  const Fd parent(disk_->open(AT_FDCWD, above, kFolder));
  if (!parent) return failed("open", above);
  const bool made = disk_->make_folder(AT_FDCWD, path_, 0700) == 0;
  if (!made && errno != EEXIST) return failed("make", path_);
  Fd root(disk_->open(AT_FDCWD, path_, kFolder));
  if (!root) return failed("open", path_);
  return sync_once(parent.get(), "", made).map([&] { return std::move(root); });
}

Result<Fd> FileArchive::open_shard(int root, const std::string& name) {
  const bool made = disk_->make_folder(root, name, 0700) == 0;
  if (!made && errno != EEXIST) return failed("make", path_ + "/" + name);
  Fd shard(disk_->open(root, name, kFolder | O_NOFOLLOW));
  if (!shard) return failed("open", path_ + "/" + name);
  // One writer per folder: two deliveries of one message never write the same temporary file.
  if (disk_->lock(shard.get()) < 0) return failed("lock", path_ + "/" + name);
  return sync_once(root, name, made).map([&] { return std::move(shard); });
}

/// `folder` holds the entry of `name`. Another thread may have made it and not have come to syncing it.
Status FileArchive::sync_once(int folder, const std::string& name, bool is_new) {
  {
    const std::lock_guard lock(mutex_);
    if (is_new && name.empty()) durable_.clear();
    if (!is_new && durable_.contains(name)) return {};
  }
  return sync(folder, "the folder of " + path_ + "/" + name).map([&] {
    const std::lock_guard lock(mutex_);
    durable_.insert(name);
  });
}

Result<bool> FileArchive::is_complete(int shard, const std::string& id, std::size_t size) {
  struct stat eml {};
  struct stat json {};
  if (disk_->status(shard, id + ".json", json) < 0 || disk_->status(shard, id + ".eml", eml) < 0) {
    if (errno == ENOENT) return false;
    return failed("examine", path_ + "/.../" + id);
  }
  return S_ISREG(json.st_mode) && S_ISREG(eml.st_mode) && json.st_size > 0 &&
         static_cast<std::size_t>(eml.st_size) == size;
}

Status FileArchive::write_file(int shard, const std::string& name,
                               std::initializer_list<std::string_view> pieces) {
  const auto temporary = name + ".tmp";
  const auto written = write_pieces(shard, temporary, pieces).and_then([&]() -> Status {
    if (disk_->rename(shard, temporary, name) < 0) return failed("rename", name);
    return {};
  });
  if (!written) disk_->remove(shard, temporary);  // gives a full disk its space back
  return written;
}

Status FileArchive::write_pieces(int shard, const std::string& name,
                                 std::initializer_list<std::string_view> pieces) {
  // A file that a crash left here goes first: O_EXCL then also refuses links that somebody planted.
  if (disk_->remove(shard, name) < 0 && errno != ENOENT) return failed("remove", name);
  const Fd file(disk_->open(shard, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  if (!file) return failed("make", path_ + ": " + name);
  for (auto piece : pieces) {
    while (!piece.empty()) {
      const auto written = disk_->write(file.get(), piece);
      if (written == 0) errno = ENOSPC;
      if (written <= 0) return failed("write", path_ + ": " + name);
      piece.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  return sync(file.get(), name);
}

Status FileArchive::sync(int file, const std::string& name) {
  if (disk_->sync(file) < 0) return failed("sync", path_ + ": " + name);
  return {};
}

}  // namespace pams::milter
