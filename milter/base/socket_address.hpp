/// Where a socket listens or connects, as the system calls take it. A value; any thread.
#pragma once

#include <cstdint>
#include <string>

#include <sys/socket.h>

#include "rules/base/result.hpp"

namespace pams::milter {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

/// Misconfigured when the path is too long for a socket.
Result<SocketAddress> unix_address(const std::string& path);

/// "127.0.0.1" or "::1": names are not looked up. Misconfigured for anything else.
Result<SocketAddress> ip_address(const std::string& host, std::uint16_t port);

}  // namespace pams::milter
