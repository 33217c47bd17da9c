/// The process between the milter and a hook's program: starts the program with its limits, and sees to it
/// that nothing the program started outlives the hook.
///
/// It is forked from a threaded process and never executes anything else, so it may call only what is
/// async-signal-safe: no memory is allocated, no lock taken. What it promises: orphans of the program come to
/// it (PR_SET_CHILD_SUBREAPER), whatever session or group they moved to, and it ends only when all of them
/// are dead; no set-user-id program helps them out (PR_SET_NO_NEW_PRIVS). When the milter dies, the hook
/// does.
#pragma once

#include <cstdint>

#include <sys/types.h>

namespace pams::milter::hook {

/// What it writes to `report`, each in one piece.
struct HookReport {
  enum class Kind : std::int32_t {
    Started,     ///< number of the program's process, which is that of its group too
    NotStarted,  ///< errno
    Ended,       ///< as waitpid() gives it
  };
  Kind kind;
  std::int32_t value;
};

/// Everything prepared beforehand. Descriptors are 10 or more and close-on-exec; all others are closed.
struct Supervision {
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  int input = -1;
  int output = -1;
  int errors = -1;
  int message = -1;  ///< becomes descriptor 3; -1: none
  int control = -1;  ///< the hook is over when its other end is closed
  int report = -1;
  std::uint64_t memory = 0;
};

/// Runs until nothing is left of the hook. To be called in a child of fork, all signals blocked.
[[noreturn]] void supervise(const Supervision& wanted) noexcept;

}  // namespace pams::milter::hook
