#include "milter/archive/export_draft.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>

#include "milter/base/durable_file.hpp"

namespace pams::milter::archive {
namespace {

/// A link counts, wherever it leads.
Result<bool> is_there(Disk& disk, const std::string& name) {
  struct stat status {};
  if (disk.status(AT_FDCWD, name, status) == 0) return true;
  if (errno == ENOENT) return false;
  return disk_error("look at", name);
}

Status sync_directory_of(Disk& disk, const std::string& name) {
  const auto parent = std::filesystem::path(name).parent_path();
  const std::string above = parent.empty() ? "." : parent.string();
  const Fd directory(disk.open(AT_FDCWD, above, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return disk_error("open", above);
  return sync_file(disk, directory.get(), above);
}

}  // namespace

ExportDraft::~ExportDraft() {
  std::error_code ignored;
  if (is_ours_) std::filesystem::remove_all(path(), ignored);
}

Status ExportDraft::begin() {
  const auto place = is_there(disk_, place_);
  if (!place) return tl::unexpected(place.error());
  if (*place) return fail(Failure::Refused, place_ + " is there already");
  const auto draft = is_there(disk_, path());
  if (!draft) return tl::unexpected(draft.error());
  if (*draft)
    return fail(
        Failure::Refused,
        path() +
            " is there, from an export that did not end or still runs; remove it, or choose another name");
  is_ours_ = true;
  return {};
}

Status ExportDraft::publish() {
  // Not every file system knows RENAME_NOREPLACE; begin() has looked, too.
  int done = ::renameat2(AT_FDCWD, path().c_str(), AT_FDCWD, place_.c_str(), RENAME_NOREPLACE);
  if (done != 0 && errno == EINVAL) done = disk_.rename(AT_FDCWD, path(), place_);
  if (done != 0 && errno == EEXIST) return fail(Failure::Refused, place_ + " is there already");
  if (done != 0) return disk_error("give its name to", place_);
  is_ours_ = false;
  return sync_directory_of(disk_, place_);
}

}  // namespace pams::milter::archive
