/// What became of a message at its end, filled in while it happens. Log and trace are told from it alone
/// (message_log.hpp, message_tracing.hpp). Belongs to one session.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "milter/metrics/metrics.hpp"
#include "milter/seal/sealed.hpp"
#include "rules/message/envelope.hpp"
#include "rules/message/message.hpp"
#include "rules/policy/plan.hpp"

namespace pams::milter::session {

struct MessageOutcome {
  /// The MTA was told something else than to go on.
  struct Refused {
    rules::Reply reply;
    std::string reason;                                       ///< for the operator
    metrics::DeferReason kind = metrics::DeferReason::Fault;  ///< of a reply 4xx
  };
  struct Sealed {
    seal::SealId id;
    std::optional<std::string> key_id;  ///< nullopt: a carrier that was brought, sealed earlier
  };

  std::string queue_id;
  std::chrono::system_clock::time_point began = std::chrono::system_clock::now();
  std::chrono::steady_clock::time_point timed_from = std::chrono::steady_clock::now();

  Client client;
  Message received;
  std::size_t size = 0;   ///< in bytes: as received, or where the body was not read, as the client announced
  bool is_whole = false;  ///< the body was read

  std::optional<rules::Plan> plan;  ///< nullopt: refused, or a fault, before there was one
  /// The record's id in the last of its archives; nullopt: not archived, or not released.
  std::optional<std::string> archive_record;
  std::optional<Sealed> sealed;                     ///< what the MTA gets is a carrier
  std::optional<Refused> refused;                   ///< nullopt: released as the plan says
  std::chrono::steady_clock::duration archiving{};  ///< the time that it took, in all
};

/// What the MTA was told, in the plan's words.
rules::Verdict verdict_of(const MessageOutcome& outcome);

}  // namespace pams::milter::session
