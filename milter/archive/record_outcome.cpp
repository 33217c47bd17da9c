#include "milter/archive/record_outcome.hpp"

#include <algorithm>
#include <optional>

namespace pams::milter::archive {
namespace {

/// Somebody may have altered the row (verify says so): what is no outcome must not read as sent.
RecordOutcome outcome_in(std::string_view text) {
  for (const auto outcome : {RecordOutcome::Sent, RecordOutcome::Deferred})
    if (to_text(outcome) == text) return outcome;
  return RecordOutcome::Refused;
}

void add_once(std::vector<std::string>& all, const std::string& one) {
  if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
}

}  // namespace

std::string_view to_text(RecordOutcome outcome) {
  switch (outcome) {
    case RecordOutcome::Sent:
      return "sent to the MTA";
    case RecordOutcome::Deferred:
      return "deferred";
    case RecordOutcome::Refused:
      break;
  }
  return "refused";
}

TryOutcome outcome_of_try(const std::string& queue_id, const std::string& record_queue_id,
                          const std::vector<OutcomeRow>& later) {
  TryOutcome found{queue_id == record_queue_id, RecordOutcome::Sent};
  for (const auto& row : later)
    if (row.queue_id == queue_id) found = {true, outcome_in(row.outcome)};
  return found;
}

Fate fate_of(const std::string& queue_id, const std::string& message_id,
             const std::vector<OutcomeRow>& later) {
  Fate fate{RecordOutcome::Sent, "", queue_id, {queue_id}, {message_id}};
  for (const auto& row : later) {
    add_once(fate.queue_ids, row.queue_id);
    if (!row.message_id.empty()) add_once(fate.message_ids, row.message_id);
  }
  for (auto id = fate.queue_ids.rbegin(); id != fate.queue_ids.rend(); ++id)
    if (outcome_of_try(*id, queue_id, later).outcome == RecordOutcome::Sent) {
      fate.queue_id = *id;
      return fate;
    }
  fate.queue_id = later.back().queue_id;
  fate.outcome = outcome_in(later.back().outcome);
  fate.reason = later.back().reason;
  return fate;
}

}  // namespace pams::milter::archive
