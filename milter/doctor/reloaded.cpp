// Postfix's daemons keep the settings that they began with. A file that was mended (or written by setup) and
// not reloaded passes every other check while the running Postfix still routes by the old one.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include <unistd.h>

#include "milter/doctor/remembered_mta.hpp"
#include "milter/doctor/route_rules.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

constexpr double kSlack = 1.0;  // seconds; a step of the clock between the two readings

double seconds(clockid_t clock) {
  timespec now{};
  if (clock_gettime(clock, &now) != 0) return 0;
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// proc(5): the 22nd field of /proc/PID/stat is the start in clock ticks since boot. The second, the name,
/// stands in parentheses and may hold anything.
std::optional<double> start_of(const std::filesystem::path& process, std::string_view wanted_name) {
  std::ifstream in(process / "stat");
  const std::string line{std::istreambuf_iterator<char>(in), {}};
  const auto open = line.find('(');
  const auto close = line.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  if (std::string_view(line).substr(open + 1, close - open - 1) != wanted_name) return std::nullopt;
  std::istringstream rest(line.substr(close + 1));
  std::string field;
  for (int number = 3; number <= 22; ++number) rest >> field;
  unsigned long long ticks = 0;
  if (std::from_chars(field.data(), field.data() + field.size(), ticks).ec != std::errc{})
    return std::nullopt;
  const double boot = seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME);
  return boot + static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

bool is_process(const std::filesystem::path& path) {
  const auto name = path.filename().string();
  return !name.empty() && std::ranges::all_of(name, text::is_digit);
}

/// Postfix's daemons work in their queue_directory. Only root may look; to others every queue manager could
/// be ours.
bool is_of_another_instance(const std::filesystem::path& process, const std::string& queue_directory) {
  std::error_code error;
  const bool same = std::filesystem::equivalent(process / "cwd", queue_directory, error);
  return !error && !same;
}

/// When the youngest queue manager began: every reload starts a new one.
std::optional<double> last_reload(const std::string& queue_directory) {
  std::optional<double> youngest;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    if (!is_process(entry.path())) continue;
    const auto start = start_of(entry.path(), "qmgr");
    if (!start || is_of_another_instance(entry.path(), queue_directory)) continue;
    if (!youngest || *start > *youngest) youngest = start;
  }
  return youngest;
}

double changed(const FileStamp& file) {
  return static_cast<double>(file.changed_seconds) + static_cast<double>(file.changed_nanoseconds) / 1e9;
}

Finding run(const Examination& examination) {
  const auto queue = examination.mta.parameter("queue_directory");
  if (!queue) return unanswered(queue.error());
  const auto began = last_reload(*queue);
  // Another machine, another container, or not started yet: then nothing old is running here either.
  if (!began) return {CheckStatus::Warn, "no running Postfix can be seen from here", "postfix start"};
  for (const std::string name : {"main.cf", "master.cf"}) {
    const auto path = examination.mta.config_directory() + "/" + name;
    if (changed(stamp_of(path)) > *began + kSlack)
      return failed(path + " was changed after Postfix was last reloaded", "postfix reload");
  }
  return ok("Postfix was reloaded after its settings were last changed");
}

}  // namespace

extern const Check reloaded;
const Check reloaded{
    "reloaded", "The running Postfix would route by settings that stand in no file any more.", true, run};

}  // namespace pams::milter::doctor
