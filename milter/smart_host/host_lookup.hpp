/// The addresses of a host name, as the system's resolver gives them (nsswitch.conf: hosts file, DNS), and no
/// later than a deadline: getaddrinfo() cannot be interrupted, so it runs in a thread that is left alone when
/// time is up. The name is a whole one, as with Postfix: the domains that resolv.conf searches are not tried,
/// lest smtp.example.com.my-domain.example answer in the place of a smart host that DNS does not know.
/// Any thread.
#pragma once

#include <string>
#include <vector>

#include <sys/socket.h>

#include "milter/smart_host/wait.hpp"
#include "rules/base/result.hpp"
#include "rules/connector/outbound_connector.hpp"

namespace pams::milter::smart_host {

struct SocketAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;
  std::string text;  ///< "192.0.2.1", "2001:db8::1"
};

/// In the resolver's order (RFC 6724), each once. Failure::Temporary when there is no answer in time or
/// nobody wants it any more, Failure::Misconfigured when there is no such host.
Result<std::vector<SocketAddress>> look_up(const rules::SmartHost& host, Deadline deadline,
                                           const Cancellation& cancellation = {});

}  // namespace pams::milter::smart_host
