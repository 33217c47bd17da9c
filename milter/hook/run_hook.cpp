#include "milter/hook/run_hook.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include <poll.h>
#include <sys/wait.h>

#include "milter/hook/environment.hpp"
#include "milter/hook/hook_process.hpp"
#include "milter/hook/message_file.hpp"
#include "milter/hook/supervisor.hpp"

namespace pams::milter::hook {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxComplaint = 512;

/// A pipe that is read up to a limit; what comes after it is dropped, so that the writer never waits for us.
class Stream {
 public:
  Stream(int fd, std::size_t max_bytes) : fd_(fd), max_bytes_(max_bytes) {}

  int fd() const { return fd_; }
  bool is_over_limit() const { return over_limit_; }
  const std::string& content() const { return content_; }

  /// One piece. False when there is none (yet, or any more).
  bool read_piece() {
    if (fd_ < 0) return false;
    std::array<char, 65536> piece{};
    const auto count = ::read(fd_, piece.data(), piece.size());
    if (count < 0) return errno == EINTR;
    if (count == 0) fd_ = -1;
    const auto room = max_bytes_ - content_.size();
    content_.append(piece.data(), std::min(room, static_cast<std::size_t>(count)));
    over_limit_ = over_limit_ || static_cast<std::size_t>(count) > room;
    return count > 0;
  }

 private:
  int fd_;  // borrowed; -1 at the end
  std::size_t max_bytes_;
  std::string content_;
  bool over_limit_ = false;
};

/// From the start of the process to its end.
class Conversation {
 public:
  Conversation(HookProcess& process, const rules::Hook& hook)
      : hook_(hook),
        output_(process.output(), hook.output),
        errors_(process.errors(), kMaxComplaint),
        report_(process.report(), kMaxReportBytes) {}

  /// Why the program must not go on, if so.
  std::optional<std::string> follow() {
    const auto deadline = Clock::now() + hook_.timeout;
    while (report_.fd() >= 0) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0) return "took longer than " + std::to_string(hook_.timeout.count()) + " s";
      std::array<pollfd, 3> waiting{pollfd{report_.fd(), POLLIN, 0}, pollfd{output_.fd(), POLLIN, 0},
                                    pollfd{errors_.fd(), POLLIN, 0}};
      if (poll(waiting.data(), waiting.size(), static_cast<int>(left)) < 0 && errno != EINTR)
        return std::string("cannot be waited for: ") + std::strerror(errno);
      for (auto* stream : {&output_, &errors_, &report_}) stream->read_piece();
      if (output_.is_over_limit()) break;
    }
    // All its processes are dead; what they wrote at last is still in the pipes.
    while (!output_.is_over_limit() && output_.read_piece()) continue;
    while (!errors_.is_over_limit() && errors_.read_piece()) continue;
    if (!output_.is_over_limit()) return std::nullopt;
    return "wrote more than " + std::to_string(hook_.output) + " bytes";
  }

  /// How it ended, once follow() has found nothing wrong.
  Result<rules::HookRun> result() const {
    using Kind = HookReport::Kind;
    if (const auto error = reported(Kind::NotStarted))
      return fail(Failure::Temporary, std::string("cannot be started: ") + std::strerror(*error));
    const auto status = reported(Kind::Ended);
    if (!status) {
      if (const auto program = reported(Kind::Started)) kill(-*program, SIGKILL);
      return fail(Failure::Temporary, "was lost: its supervisor has been killed");
    }
    if (WIFSIGNALED(*status))
      return fail(Failure::Temporary,
                  std::string("was ended by the signal ") + sigabbrev_np(WTERMSIG(*status)));
    return rules::HookRun{WEXITSTATUS(*status), output_.content()};
  }

  std::string complaint() const {
    return errors_.content().substr(0, errors_.content().find_first_of("\r\n"));
  }

 private:
  static constexpr std::size_t kMaxReportBytes = 64;

  std::optional<int> reported(HookReport::Kind kind) const {
    HookReport one{};
    for (auto rest = std::string_view(report_.content()); rest.size() >= sizeof one;
         rest.remove_prefix(sizeof one)) {
      std::memcpy(&one, rest.data(), sizeof one);
      if (one.kind == kind) return one.value;
    }
    return std::nullopt;
  }

  const rules::Hook& hook_;
  Stream output_;
  Stream errors_;
  Stream report_;
};

Result<HookProcess> start(const rules::Hook& hook, const Mail& mail, const std::string& queue_id) {
  auto environment = hook_environment(mail, queue_id);
  if (!environment) return tl::unexpected(environment.error());
  if (hook.message_as_file) environment->push_back(std::string("PAMS_MESSAGE_FILE=") + kMessageFile);
  auto file = make_message_file(mail.message());
  if (!file) return tl::unexpected(file.error());
  return HookProcess::start(hook, std::move(*file), *environment);
}

}  // namespace

HookOutcome run_hook(const rules::Hook& hook, const Mail& mail, const std::string& queue_id) {
  auto process = start(hook, mail, queue_id);
  if (!process) return {tl::unexpected(process.error()), ""};
  Conversation conversation(*process, hook);
  if (auto error = conversation.follow())
    return {fail(Failure::Temporary, std::move(*error)), conversation.complaint()};
  return {conversation.result(), conversation.complaint()};
}

}  // namespace pams::milter::hook
