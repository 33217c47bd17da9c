#include "milter/setup/backup.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/fd.hpp"
#include "milter/config/files.hpp"

namespace pams::milter::setup {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> errno_error(const std::string& path) {
  return fail(Failure::Misconfigured, path + ": " + std::strerror(errno));
}

}  // namespace

Status replace_file(const std::string& path, const std::string& content, const Owner& owner) {
  const fs::path whole(path);
  const auto name = whole.filename().string();
  const auto temporary = name + ".pams-new";
  const Fd directory(open(whole.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return errno_error(path);
  unlinkat(directory.get(), temporary.c_str(), 0);  // what a crash left
  DraftFile draft(directory.get(), temporary);
  if (const auto written = draft.write(content, owner); !written)
    return fail(Failure::Misconfigured, path + ": " + written.error().what);
  if (!draft.rename(name) || fsync(directory.get()) != 0) return errno_error(path);
  return {};
}

Result<Backup> Backup::make(const std::string& directory, const std::vector<std::string>& paths) {
  constexpr int kMaxInOneSecond = 9;  // the name tells the second
  Backup backup;
  backup.directory_ = directory;
  for (int number = 2; mkdir(backup.directory_.c_str(), 0700) != 0; ++number) {
    if (errno != EEXIST || number > kMaxInOneSecond) return errno_error(backup.directory_);
    backup.directory_ = directory + "-" + std::to_string(number);
  }
  for (const auto& path : paths)
    if (const auto copied = backup.keep(path); !copied) return tl::unexpected(copied.error());
  return backup;
}

Status Backup::restore() const {
  Status outcome;
  for (const auto& file : files_) {
    const auto back = file.existed ? replace_file(file.path, file.content, file.owner) : remove(file.path);
    if (!back) outcome = back;
  }
  return outcome;
}

Result<std::string> Backup::settle(const Status& outcome) const {
  if (outcome) return directory_;
  const auto restored = restore();
  return fail(outcome.error().failure,
              outcome.error().what + (restored ? "; everything is restored from " + directory_
                                               : "; RESTORING FAILED TOO (" + restored.error().what +
                                                     "): copy back by hand from " + directory_));
}

Status Backup::remove(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return errno_error(path);
  return {};
}

Status Backup::keep(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) return errno_error(path);
    files_.push_back({path, "", {}, false});
    return {};
  }
  auto content = read_file(path);
  if (!content) return tl::unexpected(content.error());
  const Owner owner{status.st_uid, status.st_gid, status.st_mode & 07777U};
  files_.push_back({path, *content, owner, true});
  return replace_file(directory_ + "/" + fs::path(path).filename().string(), *content, owner);
}

}  // namespace pams::milter::setup
