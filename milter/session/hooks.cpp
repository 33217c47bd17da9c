#include "milter/session/hooks.hpp"

#include "milter/hook/run_hook.hpp"
#include "milter/log/log.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::session {
namespace {

/// Enough to see what a program complains of, and little of what it might have read in the message.
constexpr std::size_t kMaxComplaint = 200;

std::string milliseconds(std::chrono::steady_clock::duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

}  // namespace

Result<rules::HookRun> Hooks::run(const rules::Hook& hook, const Mail& mail) {
  const auto begun = std::chrono::steady_clock::now();
  auto outcome = progress_.during([&] { return hook::run_hook(hook, mail, queue_id_); });
  const auto time = std::chrono::steady_clock::now() - begun;
  time_spent_ += time;
  const bool ended = outcome.run.has_value();
  log::write(ended ? log::hook : log::hook_failed,
             {{"qid", queue_id_},
              {"program", hook.command.front()},
              ended ? log::Field{"exit", std::to_string(outcome.run->exit_code.value_or(-1))}
                    : log::Field{"reason", outcome.run.error().what},
              {"ms", milliseconds(time)},
              {"stderr", text::printable(outcome.complaint, kMaxComplaint)}});
  return std::move(outcome.run);
}

}  // namespace pams::milter::session
