#include "milter/relay/dispatch.hpp"

namespace pams::milter::relay {
namespace {

using rules::ReportDestination;

/// For all hosts, each an even share of what is left. The MTA waits meanwhile with the message's first bytes;
/// Postfix for 180 seconds.
constexpr std::chrono::seconds kToBegin(150);
constexpr std::chrono::milliseconds kToSayQuit(500);

Answer answer_of(const LmtpTransaction::TransactionError& error) {
  return error.answer.value_or(Answer{451, "4.4.1", error.what});
}

}  // namespace

tl::expected<std::unique_ptr<LmtpTransaction>, Answer> Dispatch::begin(const seal::Contents& contents,
                                                                       const OutgoingEnvelope& envelope) {
  const auto& policy = config_->policy;
  const auto& reports = policy.journal.deliver_to;
  connector_ = contents.connector;
  if (contents.kind == seal::Contents::Kind::JournalReport) {
    if (reports.kind == ReportDestination::Kind::None)
      return tl::unexpected(
          Answer{451, "4.3.5", "journal.deliver_to is not set: nobody takes sealed journal reports"});
    connector_ = reports.connector;
    if (reports.kind != ReportDestination::Kind::Connector) {
      const auto deadline = std::chrono::steady_clock::now() + kToBegin;
      auto begun =
          try_hop(open_lmtp(reports, client_.helo_name, client_.cancellation, deadline), envelope, deadline);
      if (!begun) return tl::unexpected(answer_of(begun.error()));
      return std::move(*begun);
    }
  }
  const auto* connector = policy.connector(connector_);
  if (connector != nullptr) return through(*connector, envelope);
  return tl::unexpected(
      Answer{451, "4.3.5", "the configuration has no outbound connector '" + connector_ + "'"});
}

tl::expected<std::unique_ptr<LmtpTransaction>, Answer> Dispatch::through(
    const rules::OutboundConnector& connector, const OutgoingEnvelope& envelope) {
  const auto end = std::chrono::steady_clock::now() + kToBegin;
  Answer last{451, "4.4.1", "no smart host"};
  auto remaining = static_cast<std::ptrdiff_t>(connector.smart_hosts.size());
  for (const auto& host : connector.smart_hosts) {
    const auto start = std::chrono::steady_clock::now();
    auto begun = try_host(connector, host, envelope, start + (end - start) / remaining--);
    if (begun) return std::move(*begun);
    last = answer_of(begun.error());
  }
  return tl::unexpected(last);
}

Dispatch::Begun Dispatch::try_host(const rules::OutboundConnector& connector, const rules::SmartHost& host,
                                   const OutgoingEnvelope& envelope, smart_host::Deadline deadline) {
  reusable_ = HopCache::Key{config_, connector.name, host.address(), client_.helo_name};
  if (auto cached = services_.hops.take(*reusable_)) {
    cached->cancel_on(client_.cancellation);
    auto begun = try_hop(std::move(cached), envelope, deadline);
    // A host may end an idle connection at any time: that tells nothing of a new one.
    if (begun || !begun.error().is_broken) return begun;
  }
  return try_hop(open_smart_host(connector, host, client_.helo_name, client_.cancellation, deadline),
                 envelope, deadline);
}

Dispatch::Begun Dispatch::try_hop(Result<std::unique_ptr<NextHop>> hop, const OutgoingEnvelope& envelope,
                                  smart_host::Deadline deadline) {
  if (!hop) return tl::unexpected(LmtpTransaction::TransactionError{hop.error().what, std::nullopt, true});
  auto transaction = std::make_unique<LmtpTransaction>(std::move(*hop));
  if (auto begun = transaction->begin(envelope, deadline); !begun) return tl::unexpected(begun.error());
  return transaction;
}

void Dispatch::end(LmtpTransaction& transaction) {
  auto hop = transaction.take_hop();
  if (hop == nullptr) return;
  if (reusable_)
    services_.hops.give(*reusable_, std::move(hop));
  else
    hop->quit(std::chrono::steady_clock::now() + kToSayQuit);
}

}  // namespace pams::milter::relay
