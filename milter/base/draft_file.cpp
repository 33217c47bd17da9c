#include "milter/base/draft_file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/durable_file.hpp"

namespace pams::milter {

DraftFile::~DraftFile() {
  if (is_made_) ::unlinkat(directory_, name_.c_str(), 0);
}

Status DraftFile::write(std::string_view content, const Owner& owner) {
  const Fd file(
      ::openat(directory_, name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return disk_error("make", name_);
  is_made_ = true;
  while (!content.empty()) {
    const auto written = ::write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return disk_error("write", name_);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fchown(file.get(), owner.user, owner.group) != 0 || ::fchmod(file.get(), owner.mode) != 0)
    return disk_error("set owner and mode of", name_);
  if (::fsync(file.get()) != 0) return disk_error("sync", name_);
  return {};
}

bool DraftFile::link(const std::string& name) const {
  return ::linkat(directory_, name_.c_str(), directory_, name.c_str(), 0) == 0;
}

bool DraftFile::rename(const std::string& name) {
  is_made_ = ::renameat(directory_, name_.c_str(), directory_, name.c_str()) != 0;
  return !is_made_;
}

}  // namespace pams::milter
