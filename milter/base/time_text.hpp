/// Times as text, in UTC. Pure; any thread.
#pragma once

#include <chrono>
#include <string>

namespace pams::milter {

/// "2026-11-27T10:00:00Z".
std::string iso8601(std::chrono::sys_seconds time);

/// "2026-11-27".
std::string iso8601_date(std::chrono::sys_days day);

}  // namespace pams::milter
