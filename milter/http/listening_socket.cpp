#include "milter/http/listening_socket.hpp"

#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "milter/base/unix_socket.hpp"

namespace pams::milter::http {
namespace {

constexpr int kBacklog = 16;
constexpr mode_t kMode = 0660;

tl::unexpected<Error> socket_error(const std::string& what) {
  return fail(Failure::Misconfigured, what + ": " + std::strerror(errno));
}

Status listen_at(const Fd& socket, const sockaddr* address, socklen_t size, const std::string& place) {
  if (::bind(socket.get(), address, size) != 0 || ::listen(socket.get(), kBacklog) != 0)
    return socket_error("cannot listen at " + place);
  return {};
}

Fd new_socket(int family) { return Fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

Result<Fd> at_path(const std::string& path) {
  if (const auto free = clear_stale_socket(path); !free) return tl::unexpected(free.error());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(Failure::Misconfigured, path + ": too long for a socket");
  std::memcpy(address.sun_path, path.data(), path.size());
  auto socket = new_socket(AF_UNIX);
  // Linux makes the file with the socket's own mode (less the umask): nobody connects before it is right.
  if (!socket || ::fchmod(socket.get(), kMode) != 0) return socket_error("no socket");
  return listen_at(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address, path)
      .and_then([&] { return share_unix_socket(path); })
      .map([&](const std::string&) { return std::move(socket); });
}

Result<Fd> at_address(const Listen& listen) {
  sockaddr_in ipv4{};
  sockaddr_in6 ipv6{};
  ipv4.sin_family = AF_INET;
  ipv6.sin6_family = AF_INET6;
  ipv4.sin_port = ipv6.sin6_port = htons(static_cast<std::uint16_t>(listen.port));
  const bool is_ipv4 = ::inet_pton(AF_INET, listen.host.c_str(), &ipv4.sin_addr) == 1;
  if (!is_ipv4 && ::inet_pton(AF_INET6, listen.host.c_str(), &ipv6.sin6_addr) != 1)
    return fail(Failure::Misconfigured, listen.host + " is no address");
  auto socket = new_socket(is_ipv4 ? AF_INET : AF_INET6);
  if (!socket) return socket_error("no socket");
  const int on = 1;
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto* const address =
      is_ipv4 ? reinterpret_cast<const sockaddr*>(&ipv4) : reinterpret_cast<const sockaddr*>(&ipv6);
  const socklen_t size = is_ipv4 ? sizeof ipv4 : sizeof ipv6;
  return listen_at(socket, address, size, listen.for_libmilter()).map([&] { return std::move(socket); });
}

}  // namespace

Result<Fd> listening_socket(const Listen& listen) {
  return listen.unix_path.empty() ? at_address(listen) : at_path(listen.unix_path);
}

}  // namespace pams::milter::http
