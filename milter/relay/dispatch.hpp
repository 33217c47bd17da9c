/// Finds a server that is ready for the content of one message: the smart hosts of its connector in their
/// order, or what takes reports. One message, one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "milter/relay/lmtp_transaction.hpp"
#include "milter/relay/relay_services.hpp"

namespace pams::milter::relay {

/// Who asks, and until when.
struct LmtpClient {
  std::string helo_name;  ///< what the relay calls itself
  /// The MTA hangs up, or the relay stops: until the final dot nobody wants the delivery any more then.
  smart_host::Cancellation cancellation{};
};

class Dispatch {
 public:
  /// All arguments live longer than this.
  Dispatch(RelayServices& services, std::shared_ptr<const Config> config, const LmtpClient& client)
      : services_(services), config_(std::move(config)), client_(client) {}

  /// A transaction that has begun: ready for content, or with an answer for everybody. Otherwise the answer
  /// for all of them.
  tl::expected<std::unique_ptr<LmtpTransaction>, Answer> begin(const seal::Contents& contents,
                                                               const OutgoingEnvelope& envelope);
  /// Gives the connection of an ended transaction back for the next message.
  void end(LmtpTransaction& transaction);

  /// The connector's name; "" when the report goes elsewhere.
  const std::string& connector() const { return connector_; }

 private:
  using Begun = tl::expected<std::unique_ptr<LmtpTransaction>, LmtpTransaction::TransactionError>;
  tl::expected<std::unique_ptr<LmtpTransaction>, Answer> through(const rules::OutboundConnector& connector,
                                                                 const OutgoingEnvelope& envelope);
  Begun try_host(const rules::OutboundConnector& connector, const rules::SmartHost& host,
                 const OutgoingEnvelope& envelope, smart_host::Deadline deadline);
  Begun try_hop(Result<std::unique_ptr<NextHop>> hop, const OutgoingEnvelope& envelope,
                smart_host::Deadline deadline);

  RelayServices& services_;
  const std::shared_ptr<const Config> config_;
  const LmtpClient& client_;
  std::string connector_;
  std::optional<HopCache::Key> reusable_;
};

}  // namespace pams::milter::relay
