/// Waiting for a descriptor: no longer than a deadline, and no longer than somebody wants the result. Any
/// thread.
#pragma once

#include <chrono>

#include "rules/base/result.hpp"

namespace pams::milter::smart_host {

using Deadline = std::chrono::steady_clock::time_point;

/// Who may break off a wait; -1 = nobody. Descriptors are borrowed.
struct Cancellation {
  int descriptor = -1;  ///< when it is readable or hangs up (an eventfd, a pipe)
  int client = -1;      ///< when it hangs up; it may say what it likes (the socket of who asked)
};

/// Until poll() reports `events` or an error for `descriptor`. Failure::Temporary "cancelled", which goes
/// first, or "no answer in time".
Status wait_for(int descriptor, short events, Deadline deadline, const Cancellation& cancellation);

}  // namespace pams::milter::smart_host
