/// The process around the sessions: listener, signals, start and stop. Once per process, on its first thread
/// and before any other thread is started.
#pragma once

#include <memory>

#include "milter/config/config.hpp"

namespace pams::milter::relay {

/// Serves until SIGTERM or SIGINT; messages in work may be finished, for a minute, or until the signal comes
/// again. HUP reloads the configuration; a bad one leaves the former in place. Returns the exit code: 0, or 1
/// when it could not start (event start_failed). Sessions may still be there: the caller leaves with
/// std::quick_exit.
int run_relay(const std::shared_ptr<const Config>& config);

}  // namespace pams::milter::relay
