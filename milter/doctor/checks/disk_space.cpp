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
std::vector<std::string> written_folders(const Examination& examination, const Result<std::string>& queue) {
  std::vector<std::string> folders;
  if (queue) folders.push_back(*queue);
  const auto& settings = examination.config.settings;
  for (const auto& archive : settings.archives) folders.push_back(archive.path);
  if (!settings.trace.path.empty())
    folders.push_back(std::filesystem::path(settings.trace.path).parent_path().string());
  return folders;
}

Finding examine(const Examination& examination, const std::string& folder) {
  struct statvfs space {};
  if (statvfs(folder.c_str(), &space) != 0) return ok("");  // the checks archive and trace say so
  const std::uint64_t free = space.f_bavail * space.f_frsize;
  const auto seen = folder + " has " + std::to_string(free / kMegabyte) + " MB left";
  const auto remedy = "df -h " + folder;
  if (free < least(examination.config.policy)) return failed(seen, remedy);
  if (free < kComfort) return warn(seen, remedy);
  if (space.f_files > 0 && space.f_favail < 1000)
    return failed(folder + " has " + std::to_string(space.f_favail) + " inodes left", "df -i " + folder);
  return ok("");
}

/// The MTA's queue. Sendmail's may be many folders ("/var/spool/mqueue/q*"): then the one that they lie in.
Result<std::string> queue_folder(const Examination& examination) {
  if (examination.sendmail == nullptr) return examination.mta.parameter("queue_directory");
  const auto cf = read_file(examination.sendmail->cf());
  if (!cf) return tl::unexpected(cf.error());
  auto folder = cf_option(cf_lines(*cf), "QueueDirectory");
  if (const auto star = folder.find('*'); star != std::string::npos) folder.resize(folder.rfind('/', star));
  return folder;
}

Finding run(const Examination& examination) {
  const auto queue = queue_folder(examination);
  Finding worst = ok(std::string(queue ? "queue, " : "") + "archives and trace have room");
  for (const auto& folder : written_folders(examination, queue))
    if (auto finding = examine(examination, folder); finding.status > worst.status)
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
