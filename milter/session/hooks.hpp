/// The hooks of one message: run while the MTA is told that it goes on, each with a line in the log. Belongs
/// to one session.
#pragma once

#include <chrono>
#include <string>

#include "milter/session/progress.hpp"
#include "rules/actions/hook.hpp"

namespace pams::milter::session {

class Hooks {
 public:
  /// `progress` outlives this.
  Hooks(const Progress& progress, std::string queue_id)
      : progress_(progress), queue_id_(std::move(queue_id)) {}

  Result<rules::HookRun> run(const rules::Hook& hook, const Mail& mail);

  /// By all of them so far. A hook has a timeout of its own: this is not evaluation time.
  std::chrono::steady_clock::duration time_spent() const { return time_spent_; }

 private:
  const Progress& progress_;
  std::string queue_id_;
  std::chrono::steady_clock::duration time_spent_{};
};

}  // namespace pams::milter::session
