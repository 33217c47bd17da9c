/// The seam between the action run_hook and whoever can run a program: rules/ says which program, with what
/// limits, and what its answer means; how a process is run is not known here. Values; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rules/base/result.hpp"
#include "rules/message/mail.hpp"

namespace pams::rules {

/// What an operator wrote.
struct Hook {
  std::vector<std::string> command;  ///< [0] is the absolute path of the program
  bool message_as_file = false;      ///< otherwise on standard input
  std::chrono::seconds timeout{};
  std::uint64_t memory = 0;  ///< bytes, of each of its processes
  std::uint64_t output = 0;  ///< bytes that it may write to standard output
};

/// How the program ended by itself. Everything else (a signal, the time, too much output) is an error.
struct HookRun {
  std::optional<int> exit_code;  ///< none: it was not run, because nothing may happen (audit, pamsctl test)
  std::string output;
};

/// Runs the hook over the message as it stands, to the end of all its processes. May take as long as
/// `timeout` says.
using HookRunner = std::function<Result<HookRun>(const Hook&, const Mail&)>;

/// For whoever only wants to know what would happen.
inline HookRunner hooks_not_run() {
  return [](const Hook&, const Mail&) -> Result<HookRun> { return HookRun{}; };
}

}  // namespace pams::rules
