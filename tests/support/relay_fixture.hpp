/// A relay with a key, a ledger and a smart host of its own, and an MTA that speaks to it.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "milter/relay/lmtp_session.hpp"
#include "milter/relay/relay_services.hpp"
#include "milter/seal/carrier.hpp"
#include "tests/support/eml.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tls_peer.hpp"

namespace pams::test {
using namespace pams::milter;
using namespace pams::milter::relay;

using pams::test::PeerCertificate;
using pams::test::TlsPeer;

/// One LMTP conversation, with a session of the relay in a thread at the other end.
class Mta {
 public:
  explicit Mta(RelayServices& services, int stop = -1);
  ~Mta();

  void send(std::string_view bytes);
  /// All lines of one reply: "250-a\n250 b"; "" when the relay has hung up.
  std::string reply();
  std::string ask(const std::string& line);
  /// LHLO, MAIL, RCPTs; each must be answered 250.
  void envelope(const std::vector<std::string>& recipients,
                const std::string& mail = "MAIL FROM:<s@example.org>");
  /// DATA, the carrier with its dots doubled, and the final dot: one reply a recipient.
  std::vector<std::string> deliver(const std::string& carrier, const std::vector<std::string>& recipients,
                                   const std::string& mail = "MAIL FROM:<s@example.org>");
  void hang_up();
  /// Waits until the relay's side has ended.
  void join();

 private:
  Fd socket_;
  std::string unread_;
  std::thread session_;
};

std::string with_dots(std::string_view content);

/// What is sealed where its text does not matter.
inline const std::string kRelayedMessage = R"(
From: s@example.org
Subject: secret
zivver-relay: direct

Hello
)"_eml;

struct RelayFixture {
  pams::test::TemporaryDirectory directory;
  TlsPeer peer;
  std::shared_ptr<Config> config;
  std::unique_ptr<RelayServices> services;

  explicit RelayFixture(TlsPeer::Script script = {});
  /// From now on this holds.
  void reconfigure();
  void add_smart_hosts(const std::vector<rules::SmartHost>& hosts);

  static seal::Contents contents(const std::vector<std::string>& recipients);
  /// As the MTA brings it: its Received on top.
  std::string carrier(const std::string& message, seal::Contents contents) const;
  std::string carrier(const seal::Key& key, const std::string& message, seal::Contents contents) const;
  std::optional<trace::RelayDelivery> recorded(const std::string& carrier, const std::string& recipient);
};

inline const std::string kReceived = "Received: by mta.example.org (Postfix) id ABC\r\n";

}  // namespace pams::test
