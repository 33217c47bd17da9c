#include "milter/session/message_tracing.hpp"

#include "milter/session/reply.hpp"

namespace pams::milter::session {
namespace {

void record(const MessageOutcome& outcome, const Transaction& message) {
  const auto& sink = message.services().trace;
  if (sink == nullptr) return;
  const auto* plan = outcome.plan ? &*outcome.plan : nullptr;
  const bool is_released = plan != nullptr && !outcome.refused;
  sink->record(trace::make_trace({
      .received = std::chrono::floor<std::chrono::milliseconds>(outcome.began),
      .queue_id = outcome.queue_id,
      .envelope = message.envelope(),
      .client = outcome.client,
      // What is refused has no outgoing form.
      .headers = is_released ? plan->outgoing.headers : outcome.received.headers,
      .size = outcome.size,
      .plan = plan,
      .connector = plan != nullptr && plan->route ? message.config().policy.connector(*plan->route) : nullptr,
      .archive_record = outcome.archive_record.value_or(""),
      .seal = outcome.sealed ? outcome.sealed->id : "",
      .seal_key = outcome.sealed ? outcome.sealed->key_id.value_or("") : "",
      .refused = outcome.refused ? std::optional(outcome.refused->reply) : std::nullopt,
      .reason = outcome.refused ? outcome.refused->reason : "",
      .keep_subject = message.config().settings.trace.subjects,
  }));
}

}  // namespace

void trace_outcome(const MessageOutcome& outcome, const Transaction& message) noexcept {
  try {
    record(outcome, message);
  } catch (...) {  // NOLINT(bugprone-empty-catch): no trace is no reason to lose the answer
  }
}

void trace_fault(MessageOutcome& outcome, const Transaction& message) noexcept {
  try {
    outcome.refused = {reply_to(Failure::Temporary), "a fault, see the log"};
    record(outcome, message);
  } catch (...) {  // NOLINT(bugprone-empty-catch): the fault itself is told by the border
  }
}

}  // namespace pams::milter::session
