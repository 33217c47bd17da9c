/// The order of a story. Pure; any thread.
#pragma once

#include <vector>

#include "milter/trace/told_event.hpp"

namespace pams::milter::trace {

/// `events`: what the milter did, what the MTA's log tells, each as it was stored, then what the relay did.
/// A log without fractions of a second gives all of a second its beginning: such an event happened at the
/// latest at the end of that second, and not before what was stored in front of it. What happens to a message
/// happens after it came. The times are put right by this, never by more than the second, except where the
/// log's clock is before the milter's.
void put_in_order(std::vector<ToldEvent>& events);

}  // namespace pams::milter::trace
