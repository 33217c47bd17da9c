/// What waits in an MTA's queue and is this product's: flagged mail, sealed or not. Values; any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/result.hpp"

namespace pams::milter::mta {

struct QueuedMessage {
  enum class State { New, Active, Deferred, OnHold };
  std::string id;
  std::string queue;  ///< Postfix: "deferred", "hold", "active", "incoming"; Sendmail: "deferred",
                      ///< "quarantine", "new"
  std::chrono::sys_time<std::chrono::milliseconds> since;
  std::string sender;
  std::vector<std::string> recipients;
  std::string reason;  ///< what the MTA has noted: of the first recipient that has one

  State state() const;
};

struct FlaggedQueue {
  std::vector<QueuedMessage> unsealed;  ///< flagged, and the milter never took charge of it
  std::vector<QueuedMessage> sealed;    ///< carriers
};

/// A message of the queue by its id, or by the beginning of it that no other has.
struct Found {
  const QueuedMessage* message = nullptr;
  bool is_sealed = false;
};
/// Failure::Refused, in words, when there is none or more than one.
Result<Found> find_queued(const FlaggedQueue& queue, std::string_view id);

}  // namespace pams::milter::mta
