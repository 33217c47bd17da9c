#include "milter/session/route_token_file.hpp"

#include <cerrno>
#include <cstring>

#include "milter/config/route_token.hpp"

namespace pams::milter {

Result<std::string> RouteTokenFile::read() {
  struct stat now {};
  if (::stat(path_.c_str(), &now) != 0)
    return fail(Failure::Misconfigured, "cannot read " + path_ + ": " + std::strerror(errno));
  const Version version{now.st_ino,          now.st_size,        now.st_mode,        now.st_mtim.tv_sec,
                        now.st_mtim.tv_nsec, now.st_ctim.tv_sec, now.st_ctim.tv_nsec};
  const std::lock_guard lock(mutex_);
  if (!token_ || version != version_) {
    token_ = read_route_token(path_);
    version_ = version;
  }
  return token_;
}

}  // namespace pams::milter
