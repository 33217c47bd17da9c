#include "milter/relay/listener.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/base/path_access.hpp"
#include "milter/base/socket_address.hpp"
#include "milter/base/unix_socket.hpp"

namespace pams::milter::relay {
namespace {

constexpr int kBacklog = 256;
constexpr int kFirstOfSystemd = 3;  // SD_LISTEN_FDS_START

tl::unexpected<Error> listener_error(const std::string& what) {
  return fail(Failure::Misconfigured, what + ": " + std::strerror(errno));
}

/// Accepted connections inherit it on Linux.
Status without_delay(const Fd& socket) {
  const int on = 1;
  if (::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
    return listener_error("cannot set TCP_NODELAY");
  return {};
}

bool systemd_gives_one() {
  const char* const process = std::getenv("LISTEN_PID");
  const char* const count = std::getenv("LISTEN_FDS");
  const bool given = process != nullptr && count != nullptr && std::to_string(::getpid()) == process;
  return given && std::atoi(count) > 0;
}

Result<Listener> from_systemd() {
  Fd socket(kFirstOfSystemd);
  int listens = 0;
  int family = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0)
    return fail(Failure::Misconfigured, "what systemd gives is no listening socket");
  (void)::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
  size = sizeof family;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 && family != AF_UNIX)
    if (const auto set = without_delay(socket); !set) return tl::unexpected(set.error());
  return Listener{std::move(socket), "from systemd", ""};
}

Result<Listener> at_path(const std::string& path) {
  const auto directory = std::filesystem::path(path).parent_path().string();
  if (const auto obstacle = obstacle_to_writing_in(directory))
    return fail(Failure::Misconfigured, "no socket can be made at " + path + ": " + obstacle->problem +
                                            "; remedy: " + obstacle->remedy);
  if (const auto free = clear_stale_socket(path); !free) return tl::unexpected(free.error());
  const auto address = unix_address(path);
  if (!address) return tl::unexpected(address.error());
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return listener_error("no socket");
  // Nobody connects before the mode is what it shall be.
  const auto former = ::umask(0177);
  const bool bound = ::bind(socket.get(), address->get(), address->size) == 0;
  ::umask(former);
  if (!bound || ::listen(socket.get(), kBacklog) != 0) return listener_error("cannot listen at " + path);
  auto how = share_unix_socket(path);
  if (!how) return tl::unexpected(how.error());
  return Listener{std::move(socket), std::move(*how), path};
}

Result<Listener> at_port(const Listen& listen) {
  const auto address = ip_address(listen.host, static_cast<std::uint16_t>(listen.port));
  if (!address) return tl::unexpected(address.error());
  Fd socket(::socket(address->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return listener_error("no socket");
  const int on = 1;
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.get(), address->get(), address->size) != 0 || ::listen(socket.get(), kBacklog) != 0)
    return listener_error("cannot listen at " + listen.for_libmilter());
  if (const auto set = without_delay(socket); !set) return tl::unexpected(set.error());
  return Listener{std::move(socket), "TCP_NODELAY", ""};
}

}  // namespace

Result<Listener> open_listener(const Listen& listen) {
  if (systemd_gives_one()) return from_systemd();
  return listen.unix_path.empty() ? at_port(listen) : at_path(listen.unix_path);
}

}  // namespace pams::milter::relay
