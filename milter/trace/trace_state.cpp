#include "milter/trace/trace_state.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "milter/trace/text_limits.hpp"
#include "milter/trace/trace_text.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::trace {
namespace {

constexpr std::size_t kFileSize = 4096;  ///< a block: written at once
constexpr std::size_t kMaxReason = 1000;
constexpr std::string_view kStore = "store", kLog = "log";

std::string line_of(std::string_view name, const std::optional<TraceProblem>& problem) {
  if (!problem) return "";
  return std::string(name) + " " + std::to_string(problem->since.time_since_epoch().count()) + " " +
         text::printable(problem->reason, kMaxReason) + "\n";
}

std::optional<TraceProblem> problem_in(std::string_view line, std::string_view name) {
  if (!line.starts_with(name) || !line.substr(name.size()).starts_with(' ')) return std::nullopt;
  line.remove_prefix(name.size() + 1);
  std::int64_t since = 0;
  const auto read = std::from_chars(line.data(), line.data() + line.size(), since);
  const auto digits = static_cast<std::size_t>(read.ptr - line.data());
  if (read.ec != std::errc() || digits >= line.size()) return std::nullopt;
  return TraceProblem{Instant(std::chrono::milliseconds(since)), std::string(line.substr(digits + 1))};
}

/// "No space left on device; make room ..."
std::string reason_and_remedy(const std::string& reason) {
  return text::printable(reason, kMaxReason) + "; " +
         remedy_for(reason).value_or("`pamsctl doctor` names the cause and the remedy") + "\n";
}

}  // namespace

std::string state_path(const std::string& trace_path) { return trace_path + "-state"; }

bool StateFile::open() {
  if (file_.get() >= 0) return true;
  file_ = Fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  return file_.get() >= 0;
}

void StateFile::tell(const TraceState& state) {
  if (told_ == state || !open()) return;
  auto block = line_of(kStore, state.store) + line_of(kLog, state.log);
  block.resize(kFileSize, '\n');
  if (::pwrite(file_.get(), block.data(), block.size(), 0) == static_cast<ssize_t>(block.size()))
    told_ = state;
}

Result<TraceState> read_state(const std::string& trace_path) {
  const auto path = state_path(trace_path);
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  TraceState state;
  if (file.get() < 0 && errno == ENOENT) return state;
  std::string block(kFileSize, '\0');
  const auto size = file.get() < 0 ? -1 : ::pread(file.get(), block.data(), block.size(), 0);
  if (size < 0) return fail(Failure::Misconfigured, path + ": " + std::strerror(errno));
  block.resize(static_cast<std::size_t>(size));
  for (const auto line : text::split(block, '\n')) {
    if (auto problem = problem_in(line, kStore)) state.store = std::move(problem);
    if (auto problem = problem_in(line, kLog)) state.log = std::move(problem);
  }
  return state;
}

std::string shown_state(const TraceState& state) {
  std::string told;
  if (state.store)
    told += "note: since " + shown_time(state.store->since) +
            " the trace cannot be written, so newer messages and deliveries are missing here: " +
            reason_and_remedy(state.store->reason);
  if (state.log)
    told += "note: since " + shown_time(state.log->since) +
            " the MTA's log cannot be read, so what became of newer messages is missing here: " +
            reason_and_remedy(state.log->reason);
  return told;
}

std::optional<std::string> remedy_for(const std::string& reason) {
  const auto says = [&](int error) { return reason.find(std::strerror(error)) != std::string::npos; };
  if (says(ENOSPC) || says(EDQUOT) || reason.find("database or disk is full") != std::string::npos)
    return "make room on that disk; the trace goes on by itself";
  if (reason.find("newer pams-milter") != std::string::npos) return "install that version again";
  return std::nullopt;
}

}  // namespace pams::milter::trace
