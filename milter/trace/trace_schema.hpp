/// The tables of the trace database, and what becomes of those that older versions made. Pure; any thread.
#pragma once

#include "milter/base/schema_version.hpp"

namespace pams::milter::trace {

/// Version 1 is 0.1.0's; it has grown (sealing, refusals), so that any of its tables may be missing. In
/// version 2 a message that was not accepted is Deferred or Rejected, not Failed, and what the MTA's log
/// tells of mail that no milter has told of yet is remembered.
inline constexpr std::int64_t kTraceVersion = 2;
const sqlite::Schema& trace_schema();

}  // namespace pams::milter::trace
