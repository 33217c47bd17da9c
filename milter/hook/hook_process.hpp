/// A hook's program and its supervisor, from the milter's side: descriptors to read from, and the certainty
/// that both are over. Belongs to one thread at a time.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "milter/base/fd.hpp"
#include "rules/actions/hook.hpp"

namespace pams::milter::hook {

class HookProcess {
 public:
  /// `message` is its standard input, or descriptor 3. Failure::Temporary when there are no pipes or
  /// processes left. A program that cannot be executed is found out later, in report().
  static Result<HookProcess> start(const rules::Hook& hook, Fd message,
                                   const std::vector<std::string>& environment);
  HookProcess(HookProcess&& other) noexcept;
  HookProcess& operator=(HookProcess&&) = delete;
  /// Kills what is left and waits for it.
  ~HookProcess();

  int output() const { return output_.get(); }  ///< reading does not block
  int errors() const { return errors_.get(); }  ///< reading does not block
  int report() const { return report_.get(); }  ///< HookReports, to the end when nothing is left of the hook
  /// Everything is killed; report() comes to its end when it is done.
  void end() { control_ = Fd(); }

 private:
  HookProcess() = default;

  pid_t supervisor_ = -1;
  Fd output_, errors_, report_, control_;
};

/// How a program finds the message when it is not on standard input: "/dev/fd/3".
inline constexpr const char* kMessageFile = "/dev/fd/3";

}  // namespace pams::milter::hook
