/// A connection to a smart host of the test's own, and what it may be scripted to do.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "milter/smart_host/verified_connection.hpp"
#include "tests/support/tls_peer.hpp"

namespace pams::test {

using Stage = TlsPeer::Stage;
using Then = TlsPeer::Then;

inline milter::smart_host::Deadline in(std::chrono::milliseconds timeout) {
  return std::chrono::steady_clock::now() + timeout;
}
/// Enough for whatever must succeed.
inline milter::smart_host::Deadline ample() { return in(std::chrono::seconds(60)); }

struct SmartHostSite {
  explicit SmartHostSite(TlsPeer::Script script = {}) : peer(std::move(script)) {
    connector.tls_domain = kPeerName;
    connector.tls_ca_file = peer.ca_file();
    connector.smart_hosts = {{"127.0.0.1", peer.port()}};
  }
  Result<milter::smart_host::VerifiedConnection> open(milter::smart_host::Deadline deadline = ample()) const {
    return milter::smart_host::VerifiedConnection::open(connector, connector.smart_hosts[0], settings,
                                                        deadline);
  }
  Result<milter::smart_host::VerifiedConnection> open_at(
      const std::vector<std::string>& addresses, milter::smart_host::Deadline deadline = ample()) const {
    std::vector<milter::smart_host::SocketAddress> known;
    for (const auto& text : addresses) known.push_back(address(text));
    return milter::smart_host::VerifiedConnection::open(connector, connector.smart_hosts[0], known, settings,
                                                        deadline);
  }
  milter::smart_host::SocketAddress address(const std::string& text) const {
    auto found = milter::smart_host::look_up({text, peer.port()}, ample()).value();
    return found.at(0);
  }
  /// "" when it opened.
  static std::string failure(const Result<milter::smart_host::VerifiedConnection>& opened) {
    return opened ? "" : opened.error().what;
  }

  TlsPeer peer;
  rules::OutboundConnector connector;
  milter::smart_host::VerifiedConnection::Settings settings{
      "gateway.test", fail(Failure::Misconfigured, "no password file"), {}};
};

inline TlsPeer::Script with_user() {
  TlsPeer::Script script;
  script.user = "gateway";
  script.password = "s3cret word";
  return script;
}
inline TlsPeer::Script at(Stage stage, TlsPeer::Answer answer) {
  TlsPeer::Script script;
  script.answers[stage] = std::move(answer);
  return script;
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace pams::test
