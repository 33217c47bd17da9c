/// The daemon in a child process, with services of the test's own; its log lines are read through a pipe. The
/// process that starts one must have a single thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "milter/base/fd.hpp"
#include "milter/daemon/wiring.hpp"

namespace pams::test {
using namespace pams::milter;

class RunningMilter {
 public:
  /// Returns when it listens, or has ended without listening. A reload keeps all services but `config`.
  explicit RunningMilter(const std::shared_ptr<const session::Services>& services);
  /// With services as `wire` makes them, in the child process.
  RunningMilter(const std::shared_ptr<const Config>& config, const daemon::Wire& wire,
                const std::string& control_socket = "");
  RunningMilter(const RunningMilter&) = delete;
  RunningMilter& operator=(const RunningMilter&) = delete;
  ~RunningMilter();

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// Waits for a log line that contains `text` and returns it; "" when the process ended without one. Lines
  /// before it are passed over.
  std::string line_with(std::string_view text);
  /// Waits for the end of the process; its exit code, or -1 when a signal ended it.
  int exit_code();

 private:
  std::string next_line();

  pid_t pid_ = -1;
  Fd log_;
  std::string unread_;
  bool ended_ = false;
  int exit_code_ = -1;
};

}  // namespace pams::test
