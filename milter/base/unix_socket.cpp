#include "milter/base/unix_socket.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include <grp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/base/fd.hpp"

namespace pams::milter {
namespace {

std::string reason() { return std::strerror(errno); }

std::string group_name(gid_t group) {
  std::vector<char> buffer(4096);
  ::group entry{};
  ::group* found = nullptr;
  if (::getgrgid_r(group, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return found->gr_name;
  return std::to_string(group);
}

}  // namespace

int try_to_connect(const std::string& path, int type) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
  std::memcpy(address.sun_path, path.data(), path.size());
  const Fd socket(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return errno;
  const bool connected =
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  return connected ? 0 : errno;
}

Result<std::string> share_unix_socket(const std::string& path) {
  struct stat directory {};
  struct stat socket {};
  const auto above = std::filesystem::path(path).parent_path();
  if (::stat(above.c_str(), &directory) != 0 || ::chmod(path.c_str(), 0660) != 0)
    return fail(Failure::Misconfigured, "cannot share " + path + ": " + reason());
  // Without the right to give it away the socket keeps our group: the log says which one it has.
  if (::chown(path.c_str(), static_cast<uid_t>(-1), directory.st_gid) != 0 && errno != EPERM)
    return fail(Failure::Misconfigured, "cannot share " + path + ": " + reason());
  if (::stat(path.c_str(), &socket) != 0)
    return fail(Failure::Misconfigured, "cannot examine " + path + ": " + reason());
  return "mode 0660, group " + group_name(socket.st_gid);
}

Status clear_stale_socket(const std::string& path, int type) {
  struct stat there {};
  if (path.empty()) return {};
  if (::lstat(path.c_str(), &there) != 0) {
    if (errno == ENOENT) return {};
    return fail(Failure::Misconfigured, "cannot examine " + path + ": " + reason());
  }
  if (!S_ISSOCK(there.st_mode))
    return fail(Failure::Misconfigured, path + " is not a socket; it is left alone");
  const int error = try_to_connect(path, type);
  if (error == 0 || error == EAGAIN)  // EAGAIN: its queue is full
    return fail(Failure::Misconfigured, "another program answers at " + path);
  if (error != ECONNREFUSED)
    return fail(Failure::Misconfigured, "cannot connect to " + path + ": " + std::strerror(error));
  if (::unlink(path.c_str()) != 0)
    return fail(Failure::Misconfigured, "cannot remove the stale " + path + ": " + reason());
  return {};
}

}  // namespace pams::milter
