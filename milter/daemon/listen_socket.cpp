#include "milter/daemon/listen_socket.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <vector>

#include <dirent.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/base/fd.hpp"

namespace pams::milter {
namespace {

std::string reason() { return std::strerror(errno); }

/// 0, or the error. A path that is too long for a socket address is one.
int try_to_connect(const std::string& path, int type = SOCK_STREAM) {
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

std::string group_name(gid_t group) {
  std::vector<char> buffer(4096);
  ::group entry{};
  ::group* found = nullptr;
  if (::getgrgid_r(group, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return found->gr_name;
  return std::to_string(group);
}

Result<std::string> share_unix_socket(const std::string& path) {
  struct stat folder {};
  struct stat socket {};
  const auto above = std::filesystem::path(path).parent_path();
  if (::stat(above.c_str(), &folder) != 0 || ::chmod(path.c_str(), 0660) != 0)
    return fail(Failure::Misconfigured, "cannot share " + path + ": " + reason());
  // Without the right to give it away the socket keeps our group: the log says which one it has.
  if (::chown(path.c_str(), static_cast<uid_t>(-1), folder.st_gid) != 0 && errno != EPERM)
    return fail(Failure::Misconfigured, "cannot share " + path + ": " + reason());
  if (::stat(path.c_str(), &socket) != 0)
    return fail(Failure::Misconfigured, "cannot examine " + path + ": " + reason());
  return "mode 0660, group " + group_name(socket.st_gid);
}

std::vector<int> open_descriptors() {
  std::vector<int> all;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const auto name = entry.path().filename().string();
    int number = -1;
    if (std::from_chars(name.data(), name.data() + name.size(), number).ec == std::errc())
      all.push_back(number);
  }
  return all;
}

/// libmilter does not tell which descriptor it listens on.
int listening_descriptor() {
  for (const int fd : open_descriptors()) {
    int listens = 0;
    socklen_t size = sizeof listens;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0) return fd;
  }
  return -1;
}

}  // namespace

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

Result<std::string> prepare_socket(const Listen& listen) {
  if (!listen.unix_path.empty()) return share_unix_socket(listen.unix_path);
  const int on = 1;
  if (::setsockopt(listening_descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
    return fail(Failure::Temporary, "cannot set TCP_NODELAY: " + reason());
  return "TCP_NODELAY";
}

void wake_listener(const Listen& listen) {
  if (!listen.unix_path.empty()) {
    try_to_connect(listen.unix_path);
    return;
  }
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(listening_descriptor(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return;
  const Fd socket(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  static_cast<void>(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size));
}

void remove_socket(const Listen& listen) {
  if (!listen.unix_path.empty()) ::unlink(listen.unix_path.c_str());
}

}  // namespace pams::milter
