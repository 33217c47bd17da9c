/// What must never be known of a flagged message. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "milter/trace/delivery_log.hpp"
#include "milter/trace/message_trace.hpp"
#include "milter/trace/told_event.hpp"

namespace pams::milter::trace {

/// A flagged message of which anything but a verified delivery by the relay is known.
struct Leak {
  enum class Kind {
    Leak,        ///< it was not sealed, and left
    Carrier,     ///< the sealed form went where it should not: nobody can read it, and nobody got the message
    Unverified,  ///< the relay gave it to a server that had not proved who it is
    Unknown,     ///< the MTA says that it was sent, and the relay knows nothing of it
  };
  std::string id, queue_id, message_id, subject, sender, recipient, why;
  Instant time;
  Kind kind = Kind::Leak;
};
std::string_view to_string(Leak::Kind kind);  ///< "LEAK", "carrier", "unverified", "unknown"

/// What the leaks of a message are told from.
struct Watched {
  std::string id, queue_id, message_id, subject, sender;
  Route route;
  std::vector<std::string> seals;  ///< none: it was not sealed
  bool had_to_be_sealed = true;    ///< false: it is from before there were seals
  /// False: the guard rules kept it, and what is known of it stands in the MTA's log.
  bool was_seen_by_milter = true;
  std::vector<ToldEvent> events;          ///< what the MTA's log tells
  std::vector<RelayDelivery> deliveries;  ///< what the relay tells
};
std::vector<Leak> leaks_of(const Watched& message);

/// For a message from before there were seals: why this attempt to deliver it is a leak, if it is one.
/// `service`, `relay`, `result`, `tls` as in the log.
std::optional<std::string> why_leak(const Route& route, const ToldEvent& attempt);

}  // namespace pams::milter::trace
