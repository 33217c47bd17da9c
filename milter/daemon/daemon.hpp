/// The process around libmilter: socket, signals, start and stop. Once per process, on its first thread and
/// before any other thread is started.
#pragma once

#include <csignal>
#include <memory>

#include "milter/session/services.hpp"

namespace pams::milter {

/// Blocks the signals that stop, and ignores others. To be called before the first thread is made: threads
/// inherit it, and a stop that hits a thread without it ends the process at once. Returns those that stop.
sigset_t take_signals();

/// Serves until SIGTERM or SIGINT; messages at their end are finished first. HUP, PIPE, USR1 and USR2 are
/// ignored. Returns the exit code: 0, or 1 when it could not start (event start_failed).
///
/// libmilter's threads cannot be joined and still wait for connections: the caller leaves with
/// std::quick_exit or _exit, so that nothing is destroyed under them.
int run_daemon(const std::shared_ptr<const Services>& services);

}  // namespace pams::milter
