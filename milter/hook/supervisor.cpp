#include "milter/hook/supervisor.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pams::milter::hook {
namespace {

constexpr int kMessage = 3;
constexpr int kNotExecuted = 127;

void report(const Supervision& wanted, HookReport::Kind kind, int value) noexcept {
  const HookReport line{kind, value};
  while (write(wanted.report, &line, sizeof line) < 0 && errno == EINTR) continue;
}

void default_signals() noexcept {
  struct sigaction normal {};
  normal.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &normal, nullptr);
}

void unblock_signals() noexcept {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Connections, databases and the archive's lock are none of the hook's business.
void close_all_but(const Supervision& wanted) noexcept {
  std::array<int, 6> kept{wanted.input,   wanted.output,  wanted.errors,
                          wanted.message, wanted.control, wanted.report};
  for (auto& place : kept)  // sorted in place
    for (auto* later = &place + 1; later != kept.data() + kept.size(); ++later)
      if (*later < place) {
        const int smaller = *later;
        *later = place;
        place = smaller;
      }
  unsigned first = 0;
  for (const int fd : kept) {
    if (fd < 0) continue;
    const auto number = static_cast<unsigned>(fd);
    if (number > first) close_range(first, number - 1, 0);
    first = number + 1;
  }
  close_range(first, ~0U, 0);
}

bool limit(__rlimit_resource resource, rlim_t maximum) noexcept {
  const rlimit wanted{maximum, maximum};
  return setrlimit(resource, &wanted) == 0;
}

/// In the program's own process. Returns only when it cannot be executed.
void execute(const Supervision& wanted, pid_t supervisor) noexcept {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // should the supervisor itself be killed
  if (getppid() != supervisor) _exit(kNotExecuted);
  setsid();
  umask(077);
  if (dup2(wanted.input, STDIN_FILENO) < 0 || dup2(wanted.output, STDOUT_FILENO) < 0 ||
      dup2(wanted.errors, STDERR_FILENO) < 0)
    return;
  if (wanted.message >= 0 && dup2(wanted.message, kMessage) < 0) return;
  if (!limit(RLIMIT_CORE, 0) || !limit(RLIMIT_AS, wanted.memory) || !limit(RLIMIT_FSIZE, wanted.memory))
    return;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || chdir("/") != 0) return;
  unblock_signals();
  execve(wanted.arguments[0], wanted.arguments, wanted.environment);
}

/// Every process whose parent is this one: the program, and what it left behind.
void kill_children() noexcept {
  const int list = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (list < 0) return;
  std::array<char, 4096> piece{};
  pid_t child = 0;
  for (ssize_t count = 0; (count = read(list, piece.data(), piece.size())) > 0;)
    for (ssize_t i = 0; i < count; ++i) {
      const char c = piece[static_cast<std::size_t>(i)];
      if (c >= '0' && c <= '9') {
        child = child * 10 + (c - '0');
      } else {
        if (child > 1) kill(child, SIGKILL);
        child = 0;
      }
    }
  close(list);
}

/// Kills until there is no child left: those of a killed one become ours. Returns how `program` ended.
int end_all(pid_t program) noexcept {
  constexpr timespec kPause{0, 1'000'000};
  int program_status = 0;
  // It has not been waited for, so its number is nobody else's.
  kill(-program, SIGKILL);
  while (true) {
    kill_children();
    int status = 0;
    const pid_t gone = waitpid(-1, &status, WNOHANG);
    if (gone == program) program_status = status;
    if (gone < 0 && errno == ECHILD) return program_status;
    if (gone == 0) nanosleep(&kPause, nullptr);
  }
}

bool has_ended(pid_t program) noexcept {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(program), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == program;
}

void on_child(int) {}

/// Until the program ends or the milter, by closing its end of `control`, ends it.
void wait_for_end(const Supervision& wanted, pid_t program) noexcept {
  sigset_t all_but_child;
  sigfillset(&all_but_child);
  sigdelset(&all_but_child, SIGCHLD);
  pollfd control{wanted.control, POLLIN, 0};
  while (!has_ended(program))
    if (ppoll(&control, 1, nullptr, &all_but_child) > 0) return;
}

}  // namespace

void supervise(const Supervision& wanted) noexcept {
  default_signals();
  struct sigaction wake {};
  wake.sa_handler = on_child;
  sigaction(SIGCHLD, &wake, nullptr);  // all signals stay blocked; only ppoll lets this one in
  close_all_but(wanted);
  limit(RLIMIT_CORE, 0);  // this process holds a copy of the milter's memory
  const pid_t supervisor = getpid();
  const bool adopts = prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
  const pid_t program = adopts ? _Fork() : -1;
  if (program == 0) {
    execute(wanted, supervisor);
    report(wanted, HookReport::Kind::NotStarted, errno);
    _exit(kNotExecuted);
  }
  if (program < 0) {
    report(wanted, HookReport::Kind::NotStarted, errno);
    _exit(1);
  }
  report(wanted, HookReport::Kind::Started, program);
  // Were they left open here, the milter would never see the end of what the program writes.
  close(wanted.input);
  close(wanted.output);
  close(wanted.errors);
  wait_for_end(wanted, program);
  report(wanted, HookReport::Kind::Ended, end_all(program));
  _exit(0);
}

}  // namespace pams::milter::hook
