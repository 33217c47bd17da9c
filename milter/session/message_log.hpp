/// The one line that tells a message's fate, and the events that belong to it. Never subjects or bodies. Any
/// thread.
#pragma once

#include "milter/session/message_outcome.hpp"

namespace pams::milter::session {

/// The events for rules that could not be evaluated and for a flag of an untrusted peer.
void log_decision(const std::string& queue_id, const rules::Plan& plan);

/// The line. Where it cannot be written the message keeps its answer.
void log_outcome(const MessageOutcome& outcome, const Envelope& envelope) noexcept;

}  // namespace pams::milter::session
