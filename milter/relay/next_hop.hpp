/// The server that a delivery speaks to: a smart host over verified TLS, or what takes reports by LMTP. Used
/// by one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "milter/smart_host/verified_connection.hpp"
#include "rules/journal/journal_rule.hpp"

namespace pams::milter::relay {

class NextHop {
 public:
  NextHop() = default;
  NextHop(const NextHop&) = delete;
  NextHop& operator=(const NextHop&) = delete;
  /// Breaks the connection off.
  virtual ~NextHop() = default;

  /// Its host names it in every reply.
  virtual const smart_host::Peer& peer() const = 0;
  /// One reply a recipient after the final dot (LMTP), not one for all.
  virtual bool answers_each() const = 0;
  virtual bool offers(std::string_view keyword) const = 0;
  virtual std::uint64_t size_limit() const = 0;
  /// As those of VerifiedConnection.
  virtual Result<smart_host::SmtpReply> command(std::string_view line, smart_host::Deadline deadline) = 0;
  virtual Status send(std::string_view bytes, smart_host::Deadline deadline) = 0;
  virtual Result<smart_host::SmtpReply> read_reply(smart_host::Deadline deadline) = 0;
  /// From now on that ends every wait; {}: nothing any more.
  virtual void cancel_on(const smart_host::Cancellation& cancellation) = 0;
  virtual bool is_usable() = 0;
  virtual void quit(smart_host::Deadline deadline) = 0;
};

/// Failure::Temporary with host, stage and reason; `cancellation` as in cancel_on.
Result<std::unique_ptr<NextHop>> open_smart_host(const rules::OutboundConnector& connector,
                                                 const rules::SmartHost& host, const std::string& helo_name,
                                                 const smart_host::Cancellation& cancellation,
                                                 smart_host::Deadline deadline);
/// `destination`: a unix socket or a port on loopback. Failure::Temporary.
Result<std::unique_ptr<NextHop>> open_lmtp(const rules::ReportDestination& destination,
                                           const std::string& helo_name,
                                           const smart_host::Cancellation& cancellation,
                                           smart_host::Deadline deadline);

}  // namespace pams::milter::relay
