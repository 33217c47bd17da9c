/// The trace in words, for a terminal: whatever a message, a server or the log put into it, control
/// characters and what re-orders text are escaped. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "milter/trace/trace_query.hpp"

namespace pams::milter::trace {

/// "2026-11-23T12:00:00.123Z", and back; also without fraction, without time, with a blank for the T.
std::string shown_time(Instant instant);
std::optional<Instant> time_of(std::string_view text);

std::string shown_gap(const Gap& gap);
std::string shown_leak(const Leak& leak);
std::string shown_story(const Story& story);

}  // namespace pams::milter::trace
