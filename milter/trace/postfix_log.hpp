/// What Postfix says in its log about a message, as data. Understands only what Postfix itself wrote: each
/// form is read from its front, field by field, so that what a stranger put into an address (within <>) or a
/// reply (within the last parentheses) is never taken for a field. Pure; linear; any thread.
///
/// Postfix quotes addresses in its log (info_log_address_format = external, the default since 3.5); with
/// "internal" an address with ">" in it could not be told from the fields after it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace pams::milter::trace {

/// One attempt to deliver to one recipient.
struct Attempt {
  std::string queue_id;
  std::string recipient;
  std::string original_recipient;  ///< what an alias turned into `recipient`; "" when none did
  std::string relay;               ///< "smtp.zivver.com[185.1.2.3]:25"; "none" when nobody was reached
  std::string result;              ///< "sent", "deferred", "bounced", "SOFTBOUNCE", ...
  std::string reply;               ///< "250 2.0.0 Ok"
};
/// A client of the MTA has TLS with a server; the attempts of this process that follow use it.
struct TlsEstablished {
  std::string peer;      ///< as Attempt::relay
  std::string level;     ///< Verified (chain and name), Trusted (chain), Untrusted, Anonymous
  std::string protocol;  ///< "TLSv1.3"
};
/// `postsuper -r` gave the message a new id.
struct Requeued {
  std::string queue_id, old_queue_id;
};
/// Something happened to the whole message.
enum class QueueChange {
  Active,      ///< the queue manager takes it up
  Removed,     ///< nothing is left to do
  Deleted,     ///< by the administrator
  Held,        ///< put on hold, by a milter or by the administrator
  HeldUnseen,  ///< put on hold by header_checks or body_checks, before a milter could see it
  Released,    ///< from hold
  Expired,     ///< returned to the sender
  Refused,     ///< not accepted after all: by another milter, milter_header_checks, too big, no room on disk
  Discarded,
  Notified,  ///< the MTA writes to the sender
};
struct Queue {
  std::string queue_id;
  QueueChange change;
  std::string text;
  std::string sender = {};     ///< of Active, and of HeldUnseen
  std::string recipient = {};  ///< of HeldUnseen: one of them
  std::uint64_t size = 0;      ///< of Active
};
/// cleanup(8) has met the Message-ID: the first that the log tells of a queue file.
struct MessageIdSeen {
  std::string queue_id, message_id;
};

/// postsuper deleted messages; with `-d ALL` it does not say which.
struct SomeDeleted {};

using LogFact = std::variant<Attempt, TlsEstablished, Requeued, Queue, SomeDeleted, MessageIdSeen>;

/// `service` as LogEntry::service.
std::optional<LogFact> read_postfix(std::string_view service, std::string_view message);

/// "pams" of "postfix/pams/smtp"; a service without a name of its own is called like its program.
std::string_view transport_of(std::string_view service);
/// "smtp" of "postfix/pams/smtp".
std::string_view program_of(std::string_view service);

/// Short ("8A3DAA7A068") or long ("4jYDhs5lLtz1bvvK").
bool is_queue_id(std::string_view word);

}  // namespace pams::milter::trace
