/// The process around libmilter: socket, signals, start and stop. Once per process, on its first thread and
/// before any other thread is started.
#pragma once

#include <memory>
#include <string>

#include "milter/daemon/wiring.hpp"

namespace pams::milter::daemon {

/// Serves until SIGTERM or SIGINT; messages at their end are finished first. HUP, or a request at
/// `control_socket` ("" for none), reloads the configuration; PIPE, USR1 and USR2 are ignored. Returns the
/// exit code: 0, or 1 when it could not start (event start_failed).
///
/// libmilter's threads cannot be joined and still wait for connections: the caller leaves with
/// std::quick_exit or _exit, so that nothing is destroyed under them.
int run_daemon(const std::shared_ptr<const Config>& config, Wire wire, const std::string& control_socket);

}  // namespace pams::milter::daemon
