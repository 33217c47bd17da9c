#include "milter/mta/flagged_queue.hpp"

#include "rules/base/text.hpp"

namespace pams::milter::mta {

QueuedMessage::State QueuedMessage::state() const {
  if (queue == "hold" || queue == "quarantine") return State::OnHold;
  if (queue == "deferred") return State::Deferred;
  return queue == "active" ? State::Active : State::New;
}

Result<Found> find_queued(const FlaggedQueue& queue, std::string_view id) {
  std::vector<Found> found;
  const auto look = [&](const std::vector<QueuedMessage>& messages, bool is_sealed) {
    for (const auto& message : messages)
      if (!id.empty() && message.id.starts_with(id)) found.push_back({&message, is_sealed});
  };
  look(queue.unsealed, false);
  look(queue.sealed, true);
  for (const auto& one : found)
    if (one.message->id == id) return one;
  if (found.size() == 1) return found.front();
  if (found.empty()) return fail(Failure::Refused, "there is no flagged message of this id in the queue");
  std::vector<std::string> ids;
  for (const auto& one : found) ids.push_back(one.message->id);
  return fail(Failure::Refused, "more than one id begins so: " + text::join(ids, ", "));
}

}  // namespace pams::milter::mta
