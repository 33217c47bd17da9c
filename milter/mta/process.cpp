#include "milter/mta/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/base/pipe.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::mta {
namespace {

using Clock = std::chrono::steady_clock;

/// `content` as a file without a name, to be read from its beginning: a child cannot block on it.
Result<Fd> as_file(std::string_view content) {
  Fd file(content.empty() ? open("/dev/null", O_RDONLY | O_CLOEXEC) : memfd_create("input", MFD_CLOEXEC));
  while (file && !content.empty()) {
    const auto count = write(file.get(), content.data(), content.size());
    if (count < 0 && errno != EINTR) file = Fd();
    content.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
  }
  if (!file || (lseek(file.get(), 0, SEEK_SET) < 0))
    return fail(Failure::Temporary, std::string("no input: ") + std::strerror(errno));
  return file;
}

/// The two structures that posix_spawn wants, freed together.
class SpawnPlan {
 public:
  SpawnPlan(int input, int output, int errors) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    sigset_t all;
    sigfillset(&all);
    // libmilter's threads block HUP, INT and TERM and ignore PIPE; a child must not inherit that.
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  int spawn(pid_t& child, const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
    return posix_spawn(&child, argv[0].c_str(), &actions_, &attributes_, c_strings(argv).data(),
                       c_strings(environment).data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

int reap(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// Appends what is there to read; false at the end of the stream.
bool drain(int fd, std::string& into) {
  std::array<char, 16384> buffer{};
  const auto count = read(fd, buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  into.append(buffer.data(), static_cast<std::size_t>(count));
  return count > 0;
}

/// Reads both streams to their end. "" or why that was given up.
std::string read_both(Fd& output, Fd& errors, Finished& finished, Clock::time_point deadline,
                      std::size_t max_output) {
  std::array<pollfd, 2> waiting{pollfd{output.get(), POLLIN, 0}, pollfd{errors.get(), POLLIN, 0}};
  const std::array<std::string*, 2> into{&finished.output, &finished.errors};
  while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return "took too long and was stopped";
    if (poll(waiting.data(), waiting.size(), static_cast<int>(left)) < 0 && errno != EINTR)
      return std::string("cannot be waited for: ") + std::strerror(errno);
    for (std::size_t i = 0; i < waiting.size(); ++i)
      if (waiting[i].fd >= 0 && waiting[i].revents != 0 && !drain(waiting[i].fd, *into[i]))
        waiting[i].fd = -1;
    if (finished.output.size() + finished.errors.size() > max_output) return "wrote too much and was stopped";
  }
  return "";
}

}  // namespace

Result<Finished> run_process(const std::vector<std::string>& argv,
                             const std::vector<std::string>& environment, std::chrono::milliseconds timeout,
                             std::string_view input, std::size_t max_output) {
  auto given = as_file(input);
  if (!given) return tl::unexpected(given.error());
  auto output = open_pipe();
  if (!output) return tl::unexpected(output.error());
  auto errors = open_pipe();
  if (!errors) return tl::unexpected(errors.error());
  pid_t child = -1;
  const auto deadline = Clock::now() + timeout;
  if (const int error =
          SpawnPlan(given->get(), output->write.get(), errors->write.get()).spawn(child, argv, environment);
      error != 0)
    return fail(Failure::Temporary, argv[0] + " cannot be started: " + std::strerror(error));
  output->write = Fd();
  errors->write = Fd();
  Finished finished;
  const auto problem = read_both(output->read, errors->read, finished, deadline, max_output);
  if (!problem.empty()) kill(child, SIGKILL);
  finished.exit_code = reap(child);
  if (!problem.empty()) return fail(Failure::Temporary, argv[0] + " " + problem);
  return finished;
}

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nothing here sets the environment
  const auto places = std::string(path == nullptr ? "" : path) + ":/usr/sbin:/usr/lib/postfix/sbin";
  for (const auto place : text::split(places, ':')) {
    const auto candidate = std::string(place) + "/" + name;
    if (place.starts_with('/') && access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

}  // namespace pams::milter::mta
