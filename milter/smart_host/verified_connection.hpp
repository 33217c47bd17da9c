/// A connection to one of a connector's smart hosts that has proved who it is, ready for MAIL. The proof is
/// that of `pamsctl connector validate` (smart_host_talk.hpp): one implementation of "is this the smart
/// host?". No MAIL, no AUTH and no content before the proof. After a failed call it is of no more use: every
/// later one fails at once, lest a late answer be taken for that to another command. Used by one thread,
/// which must ignore SIGPIPE.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "milter/smart_host/host_lookup.hpp"
#include "milter/smart_host/smtp_connection.hpp"
#include "rules/base/result.hpp"
#include "rules/connector/outbound_connector.hpp"

namespace pams::milter::smart_host {

/// Who is at the other end, for the trace.
struct Peer {
  std::string host;               ///< "smtp.zivver.com:25", as in smart_hosts
  std::string address;            ///< "192.0.2.1"
  std::string protocol;           ///< "TLSv1.3"
  std::string cipher;             ///< "TLS_AES_256_GCM_SHA384"
  std::string certificate;        ///< SHA-256 of the peer's certificate (DER), 64 hex digits
  std::string certificate_names;  ///< its DNS names, one blank between; at most 10
  bool verified = false;          ///< chain, name and dates; false only where tls_settings is encryption_only
};

class VerifiedConnection {
 public:
  struct Settings {
    std::string helo_name;
    Result<std::string> password;  ///< asked only when the connector has a user
    /// Ends every wait, that for the look-up too, with Failure::Temporary "cancelled". The client: who waits
    /// for the outcome, such as the MTA's socket; it may go on sending (MTAs send QUIT before they know).
    Cancellation cancellation = {};
  };

  /// Looks the host up, connects (each address, at most 5), EHLO, STARTTLS, handshake, chain, name, dates,
  /// EHLO again, AUTH where the connector has a user. The next address is tried when one does not answer or
  /// does not greet; who greets and is not in order ends it. Failure::Temporary with host, stage and reason
  /// in one line: "smtp.zivver.com:25: starttls: it does not offer STARTTLS, ...". Ends by `deadline`; an
  /// address gets an even share of the time that is left for those that remain.
  static Result<VerifiedConnection> open(const rules::OutboundConnector& connector,
                                         const rules::SmartHost& host, const Settings& settings,
                                         Deadline deadline);
  /// The same, with the host's addresses known.
  static Result<VerifiedConnection> open(const rules::OutboundConnector& connector,
                                         const rules::SmartHost& host,
                                         const std::vector<SocketAddress>& addresses,
                                         const Settings& settings, Deadline deadline);
  VerifiedConnection(VerifiedConnection&&) noexcept;
  VerifiedConnection& operator=(VerifiedConnection&&) noexcept;
  ~VerifiedConnection();

  const Peer& peer() const;
  /// Whether the EHLO over TLS offered it: "8BITMIME", "SMTPUTF8", "DSN", "SIZE", "PIPELINING".
  bool offers(std::string_view keyword) const;
  /// The number after SIZE; 0 = no limit is announced.
  std::uint64_t size_limit() const;

  /// From now on, in place of that in Settings: an idle connection serves one client after another.
  void cancel_on(const Cancellation& cancellation);

  /// Sends `line` with CRLF and reads the answer. Failure::Temporary when the connection breaks off or the
  /// deadline passes.
  Result<SmtpReply> command(std::string_view line, Deadline deadline);
  /// Message bytes after 354, as they are: the caller doubles the dots and ends with ".\r\n".
  Status send(std::string_view bytes, Deadline deadline);
  Result<SmtpReply> read_reply(Deadline deadline);
  /// Of the socket, for poll(): whether the host hangs up while it is idle.
  int descriptor() const;
  /// Whether an idle connection still stands and has nothing unasked to say.
  bool is_usable();
  /// QUIT; whatever it answers, this is over.
  void quit(Deadline deadline);

 private:
  struct State;
  explicit VerifiedConnection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pams::milter::smart_host
