/// The first question to a message: may it set the flag, and does it? (product: "The life of a message".)
/// Pure; any thread.
#pragma once

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
  bool untrusted_relay =
      false;  ///< flag from an untrusted peer, and a recipient outside: 451 4.7.1, error in the log
  bool strip_flag = false;   ///< inbound mail with the header, pams.untrusted = "strip"
  bool reject_flag = false;  ///< ... = "reject"
};

/// `limits_exceeded`: which limit the session met while it collected the message ("header_count"); "" for
/// none.
Classification classify(const Policy& policy, const Headers& headers, const Envelope& envelope,
                        const Client& client, std::string_view limits_exceeded);

}  // namespace pams::rules
