#include "milter/daemon/listen_socket.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <vector>

#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/base/fd.hpp"
#include "milter/base/path_access.hpp"

namespace pams::milter::daemon {
namespace {

std::string reason() { return std::strerror(errno); }

std::vector<int> open_descriptors() {
  std::vector<int> all;
  std::error_code error;  // no descriptor is free: the listener is not found, and asked for again
  const std::filesystem::directory_iterator end;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error); !error && entry != end;
       entry.increment(error)) {
    const auto name = entry->path().filename().string();
    int number = -1;
    if (std::from_chars(name.data(), name.data() + name.size(), number).ec == std::errc())
      all.push_back(number);
  }
  return all;
}

bool is_listening_at(int fd, const Listen& listen, sockaddr_storage& address) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) return false;
  size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
  if (address.ss_family == AF_INET)
    return reinterpret_cast<const sockaddr_in&>(address).sin_port ==
           htons(static_cast<std::uint16_t>(listen.port));
  if (address.ss_family == AF_INET6)
    return reinterpret_cast<const sockaddr_in6&>(address).sin6_port ==
           htons(static_cast<std::uint16_t>(listen.port));
  return false;
}

/// libmilter does not tell which descriptor it listens on. -1 when there is none.
int listening_descriptor(const Listen& listen, sockaddr_storage& address) {
  for (const int fd : open_descriptors())
    if (is_listening_at(fd, listen, address)) return fd;
  return -1;
}

Fd connected(const Listen& listen) {
  sockaddr_storage address{};
  if (listen.unix_path.empty()) {
    if (listening_descriptor(listen, address) < 0) return Fd();
  } else {
    auto& path = reinterpret_cast<sockaddr_un&>(address);
    path.sun_family = AF_UNIX;
    listen.unix_path.copy(path.sun_path, sizeof path.sun_path - 1);  // load_config knows that it fits
  }
  const auto size = address.ss_family == AF_INET    ? sizeof(sockaddr_in)
                    : address.ss_family == AF_INET6 ? sizeof(sockaddr_in6)
                                                    : sizeof(sockaddr_un);
  Fd socket(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // On loopback and at a unix socket it is there at once, or its answer does not come.
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size)) !=
          0 &&
      errno != EINPROGRESS)
    return Fd();
  return socket;
}

/// SMFIC_QUIT: its length, its letter. It is heard before any terms are agreed.
constexpr std::string_view kQuit("\0\0\0\x01Q", 5);

}  // namespace

Status may_listen(const Listen& listen) {
  if (listen.unix_path.empty()) return {};
  const auto directory = std::filesystem::path(listen.unix_path).parent_path().string();
  if (const auto obstacle = obstacle_to_writing_in(directory))
    return fail(Failure::Misconfigured, "no socket can be made at " + listen.unix_path + ": " +
                                            obstacle->problem + "; remedy: " + obstacle->remedy);
  return clear_stale_socket(listen.unix_path);
}

Result<std::string> prepare_socket(const Listen& listen) {
  if (!listen.unix_path.empty()) return share_unix_socket(listen.unix_path);
  const int on = 1;
  sockaddr_storage address{};
  if (::setsockopt(listening_descriptor(listen, address), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
    return fail(Failure::Temporary, "cannot set TCP_NODELAY: " + reason());
  return "TCP_NODELAY";
}

bool is_answering(const Listen& listen, std::chrono::milliseconds timeout) {
  const auto socket = connected(listen);
  if (!socket) return false;
  pollfd waits{socket.get(), POLLOUT, 0};
  const auto limit = static_cast<int>(timeout.count());
  if (::poll(&waits, 1, limit) != 1) return false;
  if (::send(socket.get(), kQuit.data(), kQuit.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(kQuit.size()))
    return false;
  waits.events = POLLIN;
  char nothing = 0;
  return ::poll(&waits, 1, limit) == 1 && ::recv(socket.get(), &nothing, 1, 0) == 0;
}

void remove_socket(const Listen& listen) {
  if (!listen.unix_path.empty()) ::unlink(listen.unix_path.c_str());
}

}  // namespace pams::milter::daemon
