// Postfix's daemons keep the settings that they began with. A file that was fixed (or written by setup) and
// not reloaded passes every other check while the running Postfix still routes by the old one.
#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>

#include <unistd.h>

#include "milter/base/file_stamp.hpp"
#include "milter/config/files.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

constexpr double kSlack =
    0.02;  // seconds: a process start is known to one clock tick, a file time to one timer tick

double seconds(clockid_t clock) {
  timespec now{};
  if (clock_gettime(clock, &now) != 0) return 0;
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

struct Process {
  std::string name;
  unsigned long long parent = 0;
  double start = 0;
};

/// proc(5), /proc/PID/stat: field 2 is the name in parentheses, which may hold anything, 4 the parent and 22
/// the start in clock ticks since boot.
std::optional<Process> look_at(const std::filesystem::path& directory) {
  const auto line = read_file(directory / "stat").value_or("");  // it may have ended meanwhile
  const auto open = line.find('(');
  const auto close = line.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  std::istringstream rest(line.substr(close + 1));
  std::string state, skipped;
  unsigned long long parent = 0, ticks = 0;
  rest >> state >> parent;
  for (int number = 5; number <= 21; ++number) rest >> skipped;
  if (!(rest >> ticks)) return std::nullopt;
  const double boot = seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME);
  return Process{line.substr(open + 1, close - open - 1), parent,
                 boot + static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK))};
}

bool is_process(const std::filesystem::path& path) {
  const auto name = path.filename().string();
  return !name.empty() && std::ranges::all_of(name, text::is_digit);
}

/// The master processes that hold this instance's lock (proc(5), /proc/locks: one, or none that can be seen
/// from here). Its number also stands in the file, but only root may read that. The device is not compared:
/// on an overlay the kernel and stat(2) name different ones.
std::set<unsigned long long> masters_of(const std::string& queue_directory) {
  const auto file = stamp_of(queue_directory + "/pid/master.pid");
  std::set<unsigned long long> found;
  std::ifstream locks("/proc/locks");
  for (std::string line; file.inode != 0 && std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, mandatory, access, place;
    unsigned long long process = 0;
    words >> number >> kind >> mandatory >> access >> process >> place;
    if (kind != "->" && place.ends_with(":" + std::to_string(file.inode))) found.insert(process);
  }
  return found;
}

/// When the youngest queue manager of this instance began: every reload starts a new one.
std::optional<double> last_reload(const std::string& queue_directory) {
  const auto masters = masters_of(queue_directory);
  std::optional<double> youngest;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    if (!is_process(entry.path())) continue;
    const auto process = look_at(entry.path());
    if (!process || process->name != "qmgr" || !masters.contains(process->parent)) continue;
    if (!youngest || process->start > *youngest) youngest = process->start;
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
  if (!began)
    return warn("no running Postfix can be seen from here",
                "systemctl start postfix; without systemd: postfix -c " + examination.mta.config_directory() +
                    " start");
  for (const std::string name : {"main.cf", "master.cf"}) {
    const auto path = examination.mta.config_directory() + "/" + name;
    if (changed(stamp_of(path)) > *began + kSlack)
      return failed(path + " was changed after Postfix was last reloaded", "postfix reload");
  }
  return ok("Postfix was reloaded after its settings were last changed");
}

}  // namespace

extern constinit const Check reloaded{
    .id = "reloaded",
    .why = "The running Postfix would route by settings that stand in no file any more.",
    .guards_routing = true,
    .run = run,
};

}  // namespace pams::milter::doctor
