#include "milter/base/socket_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

namespace pams::milter {

Result<SocketAddress> unix_address(const std::string& path) {
  SocketAddress made;
  auto& address = reinterpret_cast<sockaddr_un&>(made.storage);
  if (path.size() >= sizeof address.sun_path)
    return fail(Failure::Misconfigured, path + ": too long for a socket");
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  made.size = sizeof address;
  return made;
}

Result<SocketAddress> ip_address(const std::string& host, std::uint16_t port) {
  SocketAddress made;
  auto& ipv4 = reinterpret_cast<sockaddr_in&>(made.storage);
  auto& ipv6 = reinterpret_cast<sockaddr_in6&>(made.storage);
  if (::inet_pton(AF_INET, host.c_str(), &ipv4.sin_addr) == 1) {
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = htons(port);
    made.size = sizeof ipv4;
    return made;
  }
  made = {};
  if (::inet_pton(AF_INET6, host.c_str(), &ipv6.sin6_addr) != 1)
    return fail(Failure::Misconfigured, host + " is no address");
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(port);
  made.size = sizeof ipv6;
  return made;
}

}  // namespace pams::milter
