/// The first question to a message: may it set the flag, and does it? (product: "The life of a message".)
/// Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "rules/message/mail.hpp"
#include "rules/policy/policy.hpp"

namespace pams::rules {

enum class MessageClass { Outbound, Inbound, Flagged, Anomaly };
std::string_view to_string(MessageClass value);  ///< "outbound", "inbound", "flagged", "anomaly"

struct Classification {
  MessageClass value = MessageClass::Outbound;
  std::string
      reason;  ///< which anomaly, why trusted ("trust.networks", "authenticated", "exchange_online"), why not
  bool trusted = false;
  bool flag_present = false;  ///< the header is there, whoever sent it
  /// Mail for a recipient outside that must not be relayed: flagged and from an untrusted peer, or, where
  /// Exchange Online is trusted, from another client certificate or customer. 451 4.7.1, error in the log.
  bool untrusted_relay = false;
  bool strip_flag = false;   ///< inbound mail with the header, pams.untrusted = "strip"
  bool reject_flag = false;  ///< ... = "reject"
  /// X-PAMS-Sealed is there. What the gateway has sealed itself is recognised before it is evaluated.
  bool brings_seal = false;
  /// Flagged inbound mail whose envelope sender is the organization's: a server of its own that trust does
  /// not name, or somebody who pretends to be one.
  bool unlisted_server = false;
};

/// `limits_exceeded`: which limit the session met while it collected the message ("header_count"); "" for
/// none. `body`: its first paragraph is looked at, for a flag that belongs to a broken header.
Classification classify(const Policy& policy, const Headers& headers, const Envelope& envelope,
                        const Client& client, std::string_view limits_exceeded, std::string_view body = "");

/// The fields by which Zivver marks what it sends; only pams.zivver_peers are believed.
inline constexpr std::string_view kZivverMarks[] = {"X-Zivver-Transport", "skip-zivver-relay"};

/// The loop guard: X-Zivver-Transport, from a peer in pams.zivver_peers.
bool comes_back_from_zivver(const Policy& policy, const Headers& headers, const Client& client);
/// Zivver's marks from anybody else, in words, if there are any.
std::optional<std::string> forged_guard(const Policy& policy, const Headers& headers, const Client& client);
/// In pams.zivver_peers and not in trust.networks: who is in both is one of the organization's own, whose
/// flag would be believed to be Zivver's and the message leave in clear.
bool is_zivver(const Policy& policy, const Client& client);
/// Whether any recipient is outside the organization.
bool reaches_outside(const Policy& policy, const Envelope& envelope);

}  // namespace pams::rules
