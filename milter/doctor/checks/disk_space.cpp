#include <algorithm>
#include <filesystem>

#include <sys/statvfs.h>

#include "milter/config/files.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/doctor/checks/sendmail_answers.hpp"
#include "milter/routing/postfix_settings.hpp"

namespace pams::milter::doctor {
namespace {

constexpr std::uint64_t kMegabyte = 1U << 20U;
constexpr std::uint64_t kComfort = 1024 * kMegabyte;

/// Some messages of the largest size must fit, or mail comes to a stop within minutes.
std::uint64_t least(const rules::Policy& policy) {
  return std::max<std::uint64_t>(100 * kMegabyte, 2 * routing::needed_message_size(policy));
}

/// A queue that is not known is missing: the checks of the MTA's settings say why.
std::vector<std::string> written_directories(const Examination& examination,
                                             const Result<std::string>& queue) {
  std::vector<std::string> directories;
  if (queue) directories.push_back(*queue);
  const auto& settings = examination.config.settings;
  for (const auto& archive : settings.archives) directories.push_back(archive.path);
  if (!settings.trace.path.empty())
    directories.push_back(std::filesystem::path(settings.trace.path).parent_path().string());
  return directories;
}

Finding examine(const Examination& examination, const std::string& directory) {
  struct statvfs space {};
  if (statvfs(directory.c_str(), &space) != 0) return ok("");  // the checks archive and trace say so
  const std::uint64_t free = space.f_bavail * space.f_frsize;
  const auto seen = directory + " has " + std::to_string(free / kMegabyte) + " MB left";
  const auto full = [&](Finding finding) {
    finding.cause = disk_cause(directory);
    finding.remedy = "make room there: `du -xhd1 " + directory + " | sort -h` shows what fills it";
    return finding;
  };
  if (free < least(examination.config.policy)) return full(failed(seen, ""));
  if (space.f_files > 0 && space.f_favail < 1000)
    return full(failed(directory + " has " + std::to_string(space.f_favail) + " inodes left", ""));
  if (free < kComfort) return full(warn(seen, ""));
  return ok("");
}

/// The MTA's queue. Sendmail's may be many directories ("/var/spool/mqueue/q*"): then the one that they lie
/// in.
Result<std::string> queue_directory(const Examination& examination) {
  if (examination.sendmail == nullptr) return examination.mta.parameter("queue_directory");
  const auto cf = read_file(examination.sendmail->cf());
  if (!cf) return tl::unexpected(cf.error());
  auto directory = cf_option(cf_lines(*cf), "QueueDirectory");
  if (const auto star = directory.find('*'); star != std::string::npos)
    directory.resize(directory.rfind('/', star));
  return directory;
}

Finding run(const Examination& examination) {
  const auto queue = queue_directory(examination);
  Finding worst = ok(std::string(queue ? "queue, " : "") + "archives and trace have room");
  for (const auto& directory : written_directories(examination, queue))
    if (auto finding = examine(examination, directory); finding.status > worst.status)
      worst = std::move(finding);
  return worst;
}

}  // namespace

extern constinit const Check disk_space{
    .id = "disk_space",
    .why = "On a full disk nothing is accepted any more.",
    .only = std::nullopt,
    .run = run,
};

}  // namespace pams::milter::doctor
