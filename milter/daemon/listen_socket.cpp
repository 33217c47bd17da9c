#include "milter/daemon/listen_socket.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <vector>

#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "milter/base/fd.hpp"

namespace pams::milter::daemon {
namespace {

std::string reason() { return std::strerror(errno); }

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

}  // namespace pams::milter::daemon
