/// Why a message waits, in words for an operator: from the MTA's queue, and for what a rule put into
/// quarantine from the trace, since Postfix keeps no reason for that.
#pragma once

#include <string>

#include "milter/mta/flagged_queue.hpp"

namespace pams::milter::ctl {

/// `trace_path`: of the trace database; one that cannot be read leaves out what it knows.
std::string wait_reason(const mta::QueuedMessage& message, bool is_sealed, const std::string& trace_path);

}  // namespace pams::milter::ctl
