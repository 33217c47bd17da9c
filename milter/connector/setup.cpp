#include "milter/connector/setup.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/fd.hpp"
#include "milter/config/files.hpp"
#include "milter/connector/password.hpp"
#include "milter/connector/postfix_settings.hpp"

namespace pams::milter {
namespace {

namespace fs = std::filesystem;

struct Owner {
  uid_t user;
  gid_t group;
  mode_t mode;
};

/// Of tables that hold a password.
constexpr Owner kRootAlone{0, 0, 0600};

tl::unexpected<Error> trouble(const std::string& path) {
  return fail(Failure::Misconfigured, path + ": " + std::strerror(errno));
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const auto count = write(fd, content.data(), content.size());
    if (count < 0 && errno != EINTR) return false;
    content.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
  }
  return true;
}

/// All of the new content or all of the old, also after a crash; never readable for others in between.
Status replace_file(const std::string& path, const std::string& content, const Owner& owner) {
  const auto temporary = path + ".pams-new";
  unlink(temporary.c_str());
  const Fd file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return trouble(temporary);
  const bool written = fchown(file.get(), owner.user, owner.group) == 0 &&
                       fchmod(file.get(), owner.mode) == 0 && write_all(file.get(), content) &&
                       fsync(file.get()) == 0 && rename(temporary.c_str(), path.c_str()) == 0;
  if (!written) {
    auto error = trouble(path);
    unlink(temporary.c_str());
    return error;
  }
  const Fd folder(open(fs::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || fsync(folder.get()) != 0) return trouble(path);
  return {};
}

/// Copies of the files that a plan changes, in a folder for root alone.
class Backup {
 public:
  static Result<Backup> make(const std::string& folder, const std::vector<std::string>& paths) {
    Backup backup;
    backup.folder_ = folder;
    if (mkdir(folder.c_str(), 0700) != 0) return trouble(folder);
    for (const auto& path : paths)
      if (const auto kept = backup.keep(path); !kept) return tl::unexpected(kept.error());
    return backup;
  }

  const std::string& folder() const { return folder_; }

  Status restore() const {
    Status outcome;
    for (const auto& file : files_) {
      const auto back = file.existed ? replace_file(file.path, file.content, file.owner) : remove(file.path);
      if (!back) outcome = back;
    }
    return outcome;
  }

 private:
  struct File {
    std::string path;
    std::string content;
    Owner owner;
    bool existed;
  };

  static Status remove(const std::string& path) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT) return trouble(path);
    return {};
  }

  Status keep(const std::string& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) {
      if (errno != ENOENT) return trouble(path);
      files_.push_back({path, "", {}, false});
      return {};
    }
    auto content = read_file(path);
    if (!content) return tl::unexpected(content.error());
    const Owner owner{status.st_uid, status.st_gid, status.st_mode & 07777U};
    files_.push_back({path, *content, owner, true});
    return replace_file(folder_ + "/" + fs::path(path).filename().string(), *content, owner);
  }

  std::string folder_;
  std::vector<File> files_;
};

std::vector<std::string> files_of(const SetupPlan& plan, const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& change : plan.changes) {
    const auto path = change.kind == ChangeKind::Table       ? change.setting
                      : change.kind == ChangeKind::Parameter ? folder + "/main.cf"
                                                             : folder + "/master.cf";
    if (std::ranges::find(paths, path) == paths.end()) paths.push_back(path);
  }
  return paths;
}

Status make_change(const Change& change, const Postfix& postfix, const Owner& owner) {
  switch (change.kind) {
    case ChangeKind::Table:
      return replace_file(change.setting, change.to, change.secret ? kRootAlone : owner);
    case ChangeKind::Service:
      return postfix.set_service(change.setting, change.to);
    case ChangeKind::ServiceParameter:
      return postfix.set_service_parameter(change.setting + "=" + change.to);
    case ChangeKind::Parameter:
      break;
  }
  return {};
}

Status make_changes(const SetupPlan& plan, const Postfix& postfix, const Owner& owner) {
  std::vector<std::string> parameters;
  for (const auto& change : plan.changes) {
    if (const auto made = make_change(change, postfix, owner); !made) return made;
    if (change.kind == ChangeKind::Parameter) parameters.push_back(change.setting + "=" + change.to);
  }
  if (parameters.empty()) return {};
  return postfix.set_parameters(
      parameters);  // main.cf last, and at once: the transport is there before the route
}

/// Postfix's own tools must still be able to read what was written.
Status read_back(const SetupPlan& plan, const Postfix& postfix) {
  if (const auto services = postfix.services(); !services) return tl::unexpected(services.error());
  for (const auto& change : plan.changes) {
    if (change.kind != ChangeKind::Parameter) continue;
    const auto value = postfix.written({change.setting});
    if (!value) return tl::unexpected(value.error());
    const auto found = value->find(change.setting);
    if (found == value->end() || split_list(found->second) != split_list(change.to))
      return fail(Failure::Misconfigured, change.setting + " does not read back as it was written");
  }
  return {};
}

bool is_kept_for(const std::string& path, gid_t group, mode_t mode) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && (status.st_mode & 07777U) == mode && status.st_gid == group;
}

/// Our tables as they are. One with another owner or mode counts as missing, so that it is written anew.
void read_tables(const Config& config, Site& site) {
  const auto keep = [&](const std::string& path) {
    if (auto content = read_file(path)) site.tables[path] = std::move(*content);
  };
  struct stat token {};
  const bool has_token = stat(config.settings.route_token_file.c_str(), &token) == 0;
  for (const auto* name : {kMarkerMap, kNetMap, kTransportMap}) {
    const auto path = site.config_directory + "/" + name;
    if (has_token && is_kept_for(path, token.st_gid, 0640)) keep(path);
  }
  for (const auto& connector : config.policy.connectors) {
    if (connector.username.empty()) continue;
    const auto path = site.config_directory + "/" + password_map(connector);
    if (is_kept_for(path, kRootAlone.group, kRootAlone.mode)) keep(path);
    site.passwords.emplace(connector.name, read_password(connector));
  }
}

}  // namespace

Result<Site> read_site(const Postfix& postfix, const Config& config) {
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
    if (auto service = parse_service(line)) site.services.push_back(std::move(*service));
  for (const auto& line : *own)
    if (auto parameter = parse_service_parameter(line))
      site.service_parameters.push_back(std::move(*parameter));
  read_tables(config, site);
  return site;
}

Result<std::string> apply_setup(const SetupPlan& plan, const Postfix& postfix, const std::string& token_file,
                                const std::string& now_utc) {
  if (!plan.problems.empty()) return fail(Failure::Misconfigured, plan.problems.front());
  struct stat token {};
  if (stat(token_file.c_str(), &token) != 0) return trouble(token_file);
  const auto& folder = postfix.config_directory();
  const auto backup = Backup::make(folder + "/pams-backup-" + now_utc, files_of(plan, folder));
  if (!backup) return tl::unexpected(backup.error());
  auto outcome = make_changes(plan, postfix, Owner{geteuid(), token.st_gid, 0640});
  if (outcome) outcome = read_back(plan, postfix);
  if (outcome) return backup->folder();
  const auto restored = backup->restore();
  return fail(outcome.error().failure,
              outcome.error().what + (restored ? "; everything is restored from " + backup->folder()
                                               : "; RESTORING FAILED TOO (" + restored.error().what +
                                                     "): copy back by hand from " + backup->folder()));
}

}  // namespace pams::milter
