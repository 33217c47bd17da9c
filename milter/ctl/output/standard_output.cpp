#include "milter/ctl/output/standard_output.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <streambuf>
#include <string>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/ctl/output/terminal.hpp"

namespace pams::milter::ctl::output {
namespace {

/// Writes to a descriptor; after the first error it takes nothing more and knows why.
class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(int descriptor) : descriptor_(descriptor) { reset(); }
  void redirect(int descriptor) {
    sync();
    descriptor_ = descriptor;
  }
  int error() const { return error_; }

 protected:
  int overflow(int c) override {
    if (!write_out()) return traits_type::eof();
    if (c != traits_type::eof()) sputc(traits_type::to_char_type(c));
    return traits_type::not_eof(c);
  }
  int sync() override { return write_out() ? 0 : -1; }

 private:
  void reset() { setp(buffer_.data(), buffer_.data() + buffer_.size()); }
  bool write_out() {
    const char* at = pbase();
    while (error_ == 0 && at != pptr()) {
      const auto written = ::write(descriptor_, at, static_cast<std::size_t>(pptr() - at));
      if (written < 0 && errno != EINTR) error_ = errno;
      if (written > 0) at += written;
    }
    reset();
    return error_ == 0;
  }

  int descriptor_;
  int error_ = 0;
  std::array<char, 1U << 14U> buffer_{};
};

struct State {
  DescriptorBuffer buffer{STDOUT_FILENO};
  std::streambuf* before = nullptr;
  std::streambuf* errors_before = nullptr;  // while they go to the pager too
  pid_t pager = -1;
  int to_pager = -1;
};

State& state() {
  static State all;
  return all;
}

bool is_in_path(const std::string& program) {
  for (const auto* directory : {"/usr/local/bin/", "/usr/bin/", "/bin/"})
    if (::access((directory + program).c_str(), X_OK) == 0) return true;
  return false;
}

/// "" for none.
std::string pager_command() {
  if (const char* wanted = std::getenv("PAGER")) return std::strcmp(wanted, "cat") == 0 ? "" : wanted;
  return is_in_path("less") ? "less -FRX" : "";
}

/// Its standard input is `input`. -1 when it cannot be started: then there is no pager.
pid_t start(const std::string& command, int input) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &pipe);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  std::string sh = "sh";
  std::string option = "-c";
  std::string text = command;
  char* arguments[] = {sh.data(), option.data(), text.data(), nullptr};
  pid_t child = -1;
  const bool started = ::posix_spawn(&child, "/bin/sh", &files, &attributes, arguments, environ) == 0;
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return started ? child : -1;
}

/// Waits for it: the shell must not have its terminal back before. Whether it could be run at all.
bool end_pager() {
  auto& all = state();
  if (all.pager < 0) return true;
  ::close(all.to_pager);
  int status = 0;
  while (::waitpid(all.pager, &status, 0) < 0 && errno == EINTR) {
  }
  constexpr int kCannotRun = 126, kNotFound = 127;  // as sh tells it
  return !WIFEXITED(status) || (WEXITSTATUS(status) != kCannotRun && WEXITSTATUS(status) != kNotFound);
}

}  // namespace

void take_standard_output() {
  (void)std::signal(SIGPIPE, SIG_IGN);
  state().before = std::cout.rdbuf(&state().buffer);
  if (is_terminal()) std::cout << std::unitbuf;  // somebody looks on
}

void page() {
  auto& all = state();
  const auto command = is_terminal() && all.pager < 0 ? pager_command() : "";
  int ends[2];
  if (command.empty() || ::pipe2(ends, O_CLOEXEC) != 0) return;
  // Who may run pamsctl by sudo must not get a shell from the pager.
  ::setenv("LESSSECURE", "1", 1);
  all.pager = start(command, ends[0]);
  ::close(ends[0]);
  if (all.pager < 0) {
    ::close(ends[1]);
    return;
  }
  (void)std::signal(SIGINT, SIG_IGN);  // ^C is for the pager, and this program ends after it
  all.to_pager = ends[1];
  std::cout << std::nounitbuf;
  all.buffer.redirect(all.to_pager);
  // Notes that belong below the answer would be written over by the pager.
  if (::isatty(STDERR_FILENO) != 0) all.errors_before = std::cerr.rdbuf(&all.buffer);
}

bool is_open() { return std::cout.good(); }

int finish(int code) {
  std::cout.flush();
  auto& all = state();
  std::cout.rdbuf(all.before);  // which outlives the end of the program
  if (all.errors_before != nullptr) std::cerr.rdbuf(all.errors_before);
  if (!end_pager()) {
    std::cerr << "pamsctl: the pager that $PAGER names cannot be run; PAGER=cat does without\n";
    return code == 0 ? 1 : code;
  }
  const bool left_pager = all.pager >= 0 && all.buffer.error() == EPIPE;
  if (all.buffer.error() == 0 || left_pager) return code;
  // head(1) and its like close the pipe on purpose: the exit code is enough.
  if (all.buffer.error() != EPIPE)
    std::cerr << "pamsctl: standard output: " << std::strerror(all.buffer.error()) << '\n';
  return code == 0 ? 1 : code;
}

}  // namespace pams::milter::ctl::output
