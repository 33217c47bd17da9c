#include "milter/setup/postfix/postfix_setup.hpp"

#include <algorithm>
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include "milter/config/files.hpp"
#include "milter/routing/postfix_settings.hpp"
#include "milter/setup/backup.hpp"
#include "milter/setup/postfix/postfix_plan.hpp"
#include "milter/setup/postfix/setup_record.hpp"

namespace pams::milter::setup {
namespace {

/// Our tables hold no secrets, and the milter reads them too.
constexpr mode_t kTableMode = 0644;

Status remove_table(const std::string& path) {
  std::error_code problem;
  std::filesystem::remove(path, problem);
  if (problem) return fail(Failure::Misconfigured, path + ": " + problem.message());
  return {};
}

std::vector<std::string> files_of(const SetupPlan& plan, const std::string& directory) {
  std::vector<std::string> paths;
  for (const auto& change : plan.changes) {
    const auto path = change.kind == ChangeKind::Table       ? change.setting
                      : change.kind == ChangeKind::Parameter ? directory + "/main.cf"
                                                             : directory + "/master.cf";
    if (std::ranges::find(paths, path) == paths.end()) paths.push_back(path);
  }
  return paths;
}

Status make_change(const Change& change, const mta::Postfix& postfix, const Owner& owner) {
  switch (change.kind) {
    case ChangeKind::Table:
      return change.to.empty() ? remove_table(change.setting)
                               : replace_file(change.setting, change.to, owner);
    case ChangeKind::Service:
      return postfix.set_service(change.setting, change.to);
    case ChangeKind::ServiceParameter:
      return postfix.set_service_parameter(change.setting + "=" + change.to);
    case ChangeKind::Parameter:
    case ChangeKind::Include:
      break;
  }
  return {};
}

Status make_changes(const SetupPlan& plan, const mta::Postfix& postfix, const Owner& owner) {
  const auto is_removed = [](const Change& change) {
    return change.kind == ChangeKind::Table && change.to.empty();
  };
  std::vector<std::string> parameters;
  for (const auto& change : plan.changes) {
    if (is_removed(change)) continue;
    if (const auto made = make_change(change, postfix, owner); !made) return made;
    if (change.kind == ChangeKind::Parameter) parameters.push_back(change.setting + "=" + change.to);
  }
  // main.cf at once: the transport is there before the route
  if (!parameters.empty())
    if (const auto set = postfix.set_parameters(parameters); !set) return set;
  for (const auto& change : plan.changes)
    if (is_removed(change))
      if (const auto made = make_change(change, postfix, owner); !made) return made;
  return {};
}

/// Postfix's own tools must still be able to read what was written.
Status read_back(const SetupPlan& plan, const mta::Postfix& postfix) {
  if (const auto services = postfix.services(); !services) return tl::unexpected(services.error());
  for (const auto& change : plan.changes) {
    if (change.kind != ChangeKind::Parameter) continue;
    const auto value = postfix.written({change.setting});
    if (!value) return tl::unexpected(value.error());
    const auto found = value->find(change.setting);
    if (found == value->end() || mta::split_list(found->second) != mta::split_list(change.to))
      return fail(Failure::Misconfigured, change.setting + " does not read back as it was written");
  }
  return {};
}

/// Written before anything is changed: whatever happens then, what was there is known.
Result<SetupRecord> begin_record(const std::string& directory) {
  const auto last = read_record(directory);
  if (!last) return tl::unexpected(last.error());
  const auto current = read_texts(directory);
  if (!current) return tl::unexpected(current.error());
  auto record = record_for(*last, *current);
  if (const auto written = write_record(directory, record); !written) return tl::unexpected(written.error());
  return record;
}

Status finish_record(const std::string& directory, SetupRecord record) {
  auto after = read_texts(directory);
  if (!after) return tl::unexpected(after.error());
  record.after = std::move(*after);
  return write_record(directory, record);
}

bool has_mode(const std::string& path, mode_t mode) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && (status.st_mode & 07777U) == mode;
}

/// Our tables as they are. One with another mode counts as missing, so that it is written anew.
void read_tables(Site& site) {
  for (const auto* name :
       {routing::kSealedTable, routing::kGuardTable, routing::kStatusTable, routing::kSmtpGuardTable}) {
    const auto path = site.config_directory + "/" + name;
    if (!has_mode(path, kTableMode)) continue;
    if (auto content = read_file(path)) site.tables[path] = std::move(*content);
  }
  std::error_code unreadable;
  for (const auto& entry : std::filesystem::directory_iterator(site.config_directory, unreadable))
    if (routing::is_former_table(entry.path().filename().string()))
      site.former_tables.push_back(entry.path().string());
  std::ranges::sort(site.former_tables);
}

}  // namespace

Result<Site> read_site(const mta::Postfix& postfix, const Config& config) {
  Site site;
  site.config_directory = postfix.config_directory();
  const auto names = parameters_of_interest(config.policy);
  auto written = postfix.written(names);
  auto effective = postfix.parameters(names, {});
  const auto services = postfix.services();
  const auto own = postfix.service_parameters();
  auto types = postfix.map_types();
  if (!written) return tl::unexpected(written.error());
  if (!effective) return tl::unexpected(effective.error());
  if (!services) return tl::unexpected(services.error());
  if (!own) return tl::unexpected(own.error());
  if (!types) return tl::unexpected(types.error());
  site.written = std::move(*written);
  site.effective = std::move(*effective);
  site.map_types = std::move(*types);
  site.queue_directory = site.effective["queue_directory"];
  site.dash_means_chroot = site.effective["compatibility_level"] == "0";
  for (const auto& line : *services)
    if (auto service = mta::parse_service(line)) site.services.push_back(std::move(*service));
  for (const auto& line : *own)
    if (auto parameter = mta::parse_service_parameter(line))
      site.service_parameters.push_back(std::move(*parameter));
  read_tables(site);
  return site;
}

Result<std::string> apply_setup(const SetupPlan& plan, const mta::Postfix& postfix,
                                const std::string& now_utc) {
  if (!plan.problems.empty()) return fail(Failure::Misconfigured, plan.problems.front());
  const auto& directory = postfix.config_directory();
  auto record = begin_record(directory);
  if (!record) return tl::unexpected(record.error());
  const auto backup = Backup::make(directory + "/pams-backup-" + now_utc, files_of(plan, directory));
  if (!backup) return tl::unexpected(backup.error());
  auto outcome = make_changes(plan, postfix, Owner{geteuid(), getegid(), kTableMode});
  if (outcome) outcome = read_back(plan, postfix);
  if (outcome) outcome = finish_record(directory, std::move(*record));
  return backup->settle(outcome);
}

}  // namespace pams::milter::setup
