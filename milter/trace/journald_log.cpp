#include "milter/trace/journald_log.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <system_error>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <spawn.h>
#include <sys/wait.h>

#include "milter/trace/log_file.hpp"

extern char** environ;

namespace pams::milter::trace {
namespace {

using nlohmann::json;

constexpr std::size_t kBatch = 1U << 20U;

/// The journal gives text as a string, and what is no UTF-8 as an array of bytes.
std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  std::string bytes;
  if (found->is_array())
    for (const auto& byte : *found)
      if (byte.is_number_unsigned()) bytes += static_cast<char>(byte.get<unsigned>());
  return bytes;
}

std::optional<Instant> time_of(const json& object) {
  const auto text = text_of(object, "__REALTIME_TIMESTAMP");
  std::int64_t microseconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), microseconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return Instant(std::chrono::milliseconds(microseconds / 1000));
}

Error failure(std::string what, int code) {
  return {Failure::Misconfigured, std::move(what) + ": " + std::generic_category().message(code)};
}

}  // namespace

std::optional<LogEntry> read_journal_line(std::string_view line, std::string& cursor) {
  const auto object = json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  if (auto place = text_of(object, "__CURSOR"); !place.empty()) cursor = std::move(place);
  const auto time = time_of(object);
  auto service = text_of(object, "SYSLOG_IDENTIFIER");
  if (!time || service.find('/') == std::string::npos) return std::nullopt;
  auto process = text_of(object, "SYSLOG_PID");
  if (process.empty()) process = text_of(object, "_PID");
  return LogEntry{*time, std::move(service), std::move(process), text_of(object, "MESSAGE")};
}

JournaldLog::JournaldLog(std::vector<std::string> command, const std::optional<LogPlace>& place)
    : command_(std::move(command)) {
  if (place) place_.cursor = place->cursor;
}

JournaldLog::~JournaldLog() { stop(); }

Status JournaldLog::start() {
  auto arguments = command_;
  // Facility 2 is mail, whatever the unit is called. Without a cursor, what is logged from now on.
  for (const auto* option : {"--output=json", "--follow", "--no-pager", "--quiet", "SYSLOG_FACILITY=2"})
    arguments.emplace_back(option);
  if (place_.cursor.empty())
    arguments.insert(arguments.end(), {"--lines=all", "--since=now"});  // --lines=0 loses lines (252)
  else
    arguments.insert(arguments.end(), {"--lines=all", "--after-cursor=" + place_.cursor});
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return tl::unexpected(failure("pipe", errno));
  output_ = Fd(ends[0]);
  const Fd input(ends[1]);
  fcntl(output_.get(), F_SETFL, O_NONBLOCK);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.get(), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  const int code = posix_spawnp(&child_, argv.front(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code == 0) return {};
  child_ = -1;
  output_ = Fd();
  return tl::unexpected(failure(command_.front(), code));
}

void JournaldLog::stop() {
  if (child_ > 0) {
    kill(child_, SIGKILL);  // it holds nothing; and a milter thread's mask, which it inherits, blocks SIGTERM
    while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  child_ = -1;
  output_ = Fd();
  unread_.clear();
}

Result<LogBatch> JournaldLog::read(Instant) {
  if (!output_)
    if (const auto started = start(); !started) return tl::unexpected(started.error());
  const auto had = unread_.size();
  unread_.resize(had + kBatch);
  const auto got = ::read(output_.get(), unread_.data() + had, kBatch);
  const int code = errno;
  unread_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  LogBatch batch;
  std::string_view rest = unread_;
  for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    if (auto entry = read_journal_line(rest.substr(0, end), place_.cursor))
      batch.entries.push_back(std::move(*entry));
    rest.remove_prefix(end + 1);
  }
  unread_ = std::string(rest);
  batch.place = place_;
  const bool has_ended = got == 0 || (got < 0 && code != EAGAIN && code != EINTR);
  if (has_ended) stop();
  if (has_ended && batch.entries.empty())
    return fail(Failure::Temporary, command_.front() + " has ended; it is started again");
  return batch;
}

std::unique_ptr<LogSource> open_log(const std::string& mail_log, const std::optional<LogPlace>& place) {
  if (mail_log == "journal")
    return std::make_unique<JournaldLog>(std::vector<std::string>{"journalctl"}, place);
  return std::make_unique<LogFile>(mail_log, place);
}

}  // namespace pams::milter::trace
