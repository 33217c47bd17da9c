/// Hands a message's outcome over to the trace. Where that fails the message keeps its answer. Any thread.
#pragma once

#include "milter/session/message_outcome.hpp"
#include "milter/session/transaction.hpp"

namespace pams::milter::session {

void trace_outcome(const MessageOutcome& outcome, const Transaction& message) noexcept;

/// The end of the message threw, after `outcome` was filled in so far: it is told as deferred.
void trace_fault(MessageOutcome& outcome, const Transaction& message) noexcept;

}  // namespace pams::milter::session
