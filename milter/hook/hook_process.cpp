#include "milter/hook/hook_process.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

#include "milter/base/pipe.hpp"
#include "milter/hook/supervisor.hpp"

namespace pams::milter::hook {
namespace {

/// How long the supervisor may take to kill everything; a process in uninterruptible sleep dies later.
constexpr int kGraceMilliseconds = 5000;

/// Out of the way of 0 to 3, where the program finds its own.
Fd moved_up(const Fd& fd) {
  constexpr int kLowest = 10;
  return Fd(fcntl(fd.get(), F_DUPFD_CLOEXEC, kLowest));
}

Result<Pipe> open_pipe_out_of_the_way() {
  auto low = open_pipe();
  if (!low) return low;
  Pipe pipe{moved_up(low->read), moved_up(low->write)};
  if (pipe.read && pipe.write && fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK) == 0) return pipe;
  return fail(Failure::Temporary, std::string("no pipe: ") + std::strerror(errno));
}

std::vector<std::string> arguments_of(const rules::Hook& hook) {
  auto arguments = hook.command;
  if (hook.message_as_file)
    for (auto& argument : arguments)
      if (argument == "{message}") argument = kMessageFile;
  return arguments;
}

/// Not fork(): the child must not take the locks that another thread may hold. No signal reaches it before it
/// is ready.
pid_t fork_supervisor(const Supervision& wanted) {
  sigset_t all;
  sigset_t former;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &former);
  const pid_t child = _Fork();
  if (child == 0) supervise(wanted);
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &former, nullptr);
  errno = error;
  return child;
}

}  // namespace

Result<HookProcess> HookProcess::start(const rules::Hook& hook, Fd message,
                                       const std::vector<std::string>& environment) {
  auto output = open_pipe_out_of_the_way();
  auto errors = open_pipe_out_of_the_way();
  auto report = open_pipe_out_of_the_way();
  auto control = open_pipe_out_of_the_way();
  for (const auto* pipe : {&output, &errors, &report, &control})
    if (!*pipe) return tl::unexpected(pipe->error());
  const auto file = moved_up(message);
  const auto nothing = moved_up(Fd(open("/dev/null", O_RDONLY | O_CLOEXEC)));
  if (!file || !nothing) return fail(Failure::Temporary, std::string("no input: ") + std::strerror(errno));
  const auto words = arguments_of(hook);
  const auto arguments = c_strings(words);
  const auto variables = c_strings(environment);
  HookProcess process;
  process.supervisor_ = fork_supervisor({.arguments = arguments.data(),
                                         .environment = variables.data(),
                                         .input = hook.message_as_file ? nothing.get() : file.get(),
                                         .output = output->write.get(),
                                         .errors = errors->write.get(),
                                         .message = hook.message_as_file ? file.get() : -1,
                                         .control = control->read.get(),
                                         .report = report->write.get(),
                                         .memory = hook.memory});
  if (process.supervisor_ < 0)
    return fail(Failure::Temporary, std::string("no process: ") + std::strerror(errno));
  process.output_ = std::move(output->read);
  process.errors_ = std::move(errors->read);
  process.report_ = std::move(report->read);
  process.control_ = std::move(control->write);
  return process;
}

HookProcess::HookProcess(HookProcess&& other) noexcept
    : supervisor_(std::exchange(other.supervisor_, -1)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)),
      report_(std::move(other.report_)),
      control_(std::move(other.control_)) {}

HookProcess::~HookProcess() {
  if (supervisor_ < 0) return;
  end();
  // The pipe hangs up when the supervisor is done.
  pollfd done{report_.get(), 0, 0};
  while (poll(&done, 1, kGraceMilliseconds) < 0 && errno == EINTR) continue;
  if (done.revents == 0) kill(supervisor_, SIGKILL);
  while (waitpid(supervisor_, nullptr, 0) < 0 && errno == EINTR) continue;
}

}  // namespace pams::milter::hook
