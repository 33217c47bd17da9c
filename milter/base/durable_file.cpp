#include "milter/base/durable_file.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>

namespace pams::milter {
namespace {

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

Status write_all(Disk& disk, int file, const std::string& name, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = disk.write(file, bytes);
    if (written == 0) errno = ENOSPC;
    if (written <= 0) return disk_error("write", name);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

tl::unexpected<Error> disk_error(std::string_view deed, const std::string& name) {
  const int error = errno;
  return fail(failure_of(error), "cannot " + std::string(deed) + " " + name + ": " + std::strerror(error));
}

Status write_new_file(Disk& disk, int directory, const std::string& name, const Producer& producer) {
  const Fd file(disk.open(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  if (!file) return disk_error("make", name);
  auto written = producer([&](std::string_view bytes) { return write_all(disk, file.get(), name, bytes); });
  if (written) written = sync_file(disk, file.get(), name);
  if (!written) disk.remove(directory, name);  // gives a full disk its space back
  return written;
}

Status replace_file(Disk& disk, int directory, const std::string& name, std::string_view content) {
  const auto temporary = name + ".tmp";
  // What a crash left here goes first: O_EXCL then also refuses links that somebody planted.
  if (disk.remove(directory, temporary) < 0 && errno != ENOENT) return disk_error("remove", temporary);
  const auto written =
      write_new_file(disk, directory, temporary, [&](const Sink& sink) { return sink(content); });
  if (!written) return written;
  if (disk.rename(directory, temporary, name) == 0) return {};
  auto failed = disk_error("rename", temporary);
  disk.remove(directory, temporary);
  return failed;
}

Result<Fd> open_directory(Disk& disk, int above, const std::string& name, bool& made) {
  made = disk.make_directory(above, name, 0700) == 0;
  if (!made && errno != EEXIST) return disk_error("make", name);
  Fd directory(disk.open(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  if (!directory) return disk_error("open", name);
  return directory;
}

Status sync_file(Disk& disk, int file, const std::string& name) {
  if (disk.sync(file) < 0) return disk_error("sync", name);
  return {};
}

}  // namespace pams::milter
