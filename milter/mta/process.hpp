/// Runs one program to its end: argv as given (no shell), only the environment given, standard input as
/// given, output bounded, killed when it takes too long. For a threaded daemon: every descriptor is
/// close-on-exec, no SIGCHLD handler is used, the child starts with default signals. Any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/result.hpp"

namespace pams::milter::mta {

struct Finished {
  int exit_code = 0;  ///< 128 + signal when a signal ended it
  std::string output;
  std::string errors;
};

inline constexpr std::size_t kMaxOutput = 4U << 20U;

/// `argv[0]` is an absolute path; `input` is held in memory. Failure::Temporary when it cannot be started,
/// when `timeout` ran out, or when it writes more than `max_output`: the child is killed and reaped.
Result<Finished> run_process(const std::vector<std::string>& argv,
                             const std::vector<std::string>& environment, std::chrono::milliseconds timeout,
                             std::string_view input = {}, std::size_t max_output = kMaxOutput);

/// The first executable of that name in PATH, then /usr/sbin and /usr/lib/postfix/sbin; "" when there is
/// none.
std::string find_program(const std::string& name);

}  // namespace pams::milter::mta
