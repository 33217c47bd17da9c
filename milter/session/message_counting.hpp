/// What is counted of a message when its answer is known.
#pragma once

#include "milter/log/log.hpp"
#include "milter/session/message_outcome.hpp"
#include "milter/session/services.hpp"

namespace pams::milter::session {

/// Why a plan defers.
metrics::DeferReason defer_reason_of(const rules::Plan& plan);
/// What an event of the log says was not in order, when its message is deferred.
metrics::DeferReason defer_reason_of(const log::Event& event);

/// Nothing where the services have no metrics.
void count_outcome(const MessageOutcome& outcome, const Services& services) noexcept;

}  // namespace pams::milter::session
