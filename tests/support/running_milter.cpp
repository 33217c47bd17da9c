#include "tests/support/running_milter.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <stdexcept>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/daemon/daemon.hpp"

namespace pams::test {
using namespace pams::milter;

RunningMilter::RunningMilter(const std::shared_ptr<const session::Services>& services)
    : RunningMilter(services->config, [services](std::shared_ptr<const Config> config) {
        auto copy = std::make_shared<session::Services>(*services);
        copy->config = std::move(config);
        return daemon::Wired{std::move(copy), {}};
      }) {}

RunningMilter::RunningMilter(const std::shared_ptr<const Config>& config, const daemon::Wire& wire,
                             const std::string& control_socket) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  Fd write_end(pipe[1]);
  log_ = Fd(pipe[0]);
  std::fflush(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that was killed leaves nobody behind
    ::dup2(write_end.get(), STDERR_FILENO);
    ::_exit(daemon::run_daemon(config, wire, control_socket));
  }
  write_end = Fd();
  line_with("event=started");
}

RunningMilter::~RunningMilter() {
  signal(SIGTERM);
  try {
    exit_code();
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the test is over
  }
}

void RunningMilter::signal(int number) const {
  if (!ended_) ::kill(pid_, number);
}

std::string RunningMilter::line_with(std::string_view text) {
  while (true) {
    auto line = next_line();
    if (line.empty() || line.find(text) != std::string::npos) return line;
  }
}

std::string RunningMilter::next_line() {
  while (true) {
    if (const auto end = unread_.find('\n'); end != std::string::npos) {
      auto line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      // A sanitizer in the child process; what libmilter does to itself is not ours to fix (tsan.supp).
      if (line.find("SUMMARY: ") == 0 && line.find("libmilter.so") == std::string::npos) BOOST_ERROR(line);
      std::fprintf(stderr, "  milter: %s\n", line.c_str());
      return line.empty() ? " " : line;
    }
    std::array<char, 4096> buffer{};
    const auto got = ::read(log_.get(), buffer.data(), buffer.size());
    if (got <= 0) return "";
    unread_.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

int RunningMilter::exit_code() {
  while (!next_line().empty()) {
  }
  if (!ended_) {
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_) throw std::runtime_error("waitpid");
    ended_ = true;
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
#ifdef __SANITIZE_THREAD__
    if (exit_code_ == 66) exit_code_ = 0;  // reports were looked at line by line
#endif
  }
  return exit_code_;
}

}  // namespace pams::test
