#include "milter/http/listening_socket.hpp"

#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/stat.h>

#include "milter/base/socket_address.hpp"
#include "milter/base/unix_socket.hpp"

namespace pams::milter::http {
namespace {

constexpr int kBacklog = 16;
constexpr mode_t kMode = 0660;

tl::unexpected<Error> socket_error(const std::string& what) {
  return fail(Failure::Misconfigured, what + ": " + std::strerror(errno));
}

Result<Fd> listen_at(const SocketAddress& address, const std::string& place) {
  Fd socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const bool is_unix = address.family() == AF_UNIX;
  const int on = 1;
  if (!is_unix) (void)::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // Linux makes the file with the socket's own mode (less the umask): nobody connects before it is right.
  if (!socket || (is_unix && ::fchmod(socket.get(), kMode) != 0)) return socket_error("no socket");
  if (::bind(socket.get(), address.get(), address.size) != 0 || ::listen(socket.get(), kBacklog) != 0)
    return socket_error("cannot listen at " + place);
  return socket;
}

Result<Fd> at_path(const std::string& path) {
  if (const auto free = clear_stale_socket(path); !free) return tl::unexpected(free.error());
  auto socket = unix_address(path).and_then([&](const auto& address) { return listen_at(address, path); });
  if (!socket) return socket;
  const auto shared = share_unix_socket(path);
  if (!shared) return tl::unexpected(shared.error());
  return socket;
}

Result<Fd> at_port(const Listen& listen) {
  return ip_address(listen.host, static_cast<std::uint16_t>(listen.port)).and_then([&](const auto& address) {
    return listen_at(address, listen.for_libmilter());
  });
}

}  // namespace

Result<Fd> listening_socket(const Listen& listen) {
  return listen.unix_path.empty() ? at_port(listen) : at_path(listen.unix_path);
}

}  // namespace pams::milter::http
