/// Runs a hook's program over a message, to the end of all its processes. Blocks for `hook.timeout` at most
/// (and a few seconds more when a process cannot even be killed). Any thread.
#pragma once

#include <string>

#include "rules/actions/hook.hpp"

namespace pams::milter::hook {

struct HookOutcome {
  /// Failure::Temporary when the program could not be started, took too long, wrote too much, or was ended by
  /// a signal (a limit is one): `what` says which.
  Result<rules::HookRun> run;
  std::string complaint;  ///< the first line of its standard error, as it came
};

HookOutcome run_hook(const rules::Hook& hook, const Mail& mail, const std::string& queue_id);

}  // namespace pams::milter::hook
