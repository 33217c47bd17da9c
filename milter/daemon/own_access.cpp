#include "milter/daemon/own_access.hpp"

#include <filesystem>

#include "milter/archive/directory_archive.hpp"
#include "milter/base/path_access.hpp"
#include "milter/mta/process.hpp"
#include "milter/mta/sendmail/sendmail.hpp"
#include "milter/routing/postfix_settings.hpp"
#include "milter/seal/key_ring.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::daemon {
namespace {

using control::Access;

constexpr std::chrono::seconds kJournalctlTimeout(5);
constexpr const char* kRestart = " && systemctl restart pams-milter";

bool is_there(const std::string& path) {
  std::error_code unknown;
  return std::filesystem::exists(path, unknown);
}

std::string above(const std::string& path) { return std::filesystem::path(path).parent_path().string(); }

/// A directory that is made when it is needed.
std::optional<Obstacle> obstacle_to_keeping_in(const std::string& directory) {
  return obstacle_to_writing_in(is_there(directory) ? directory : above(directory));
}

Access access(const std::string& what, const std::string& path, const std::optional<Obstacle>& obstacle,
              bool holds_mail) {
  Access tried{what, path, "", "", holds_mail};
  if (obstacle) tried.problem = obstacle->problem, tried.remedy = obstacle->remedy;
  return tried;
}

Access archive_access(const ArchiveSettings& settings) {
  auto tried = access("archive " + settings.name, settings.path, obstacle_to_keeping_in(settings.path), true);
  if (!tried.problem.empty()) return tried;
  const auto usable = archive::DirectoryArchive(settings).check();
  if (usable) return tried;
  tried.problem = usable.error().what;
  tried.remedy = tried.problem.find("No space left") == std::string::npos
                     ? "journalctl -u pams-milter -g archive"
                     : "make room: df -h " + settings.path;
  return tried;
}

Access key_access(const std::string& path) {
  const auto keys = seal::KeyFile(path).read();
  if (keys) return access("seal key", path, std::nullopt, true);
  auto tried = access("seal key", path, obstacle_to_reading(path), true);
  std::error_code unknown;
  const bool is_missing = !std::filesystem::exists(path, unknown) && !unknown;
  if (tried.problem.empty() || is_missing) {
    tried.problem = keys.error().what;
    tried.remedy = "restore it from your backup; the first one is made by pamsctl setup";
  }
  return tried;
}

Access trace_access(const std::string& path) {
  return access("trace", path,
                is_there(path) ? obstacle_to_changing(path) : obstacle_to_writing_in(above(path)), false);
}

/// The newest line of the journal that this user is shown among those that match; "" when it is shown none.
Result<std::string> newest_in_journal(const std::string& program, const std::string& match) {
  const auto asked =
      mta::run_process({program, "-q", "-n", "1", "-o", "cat", match}, {"LC_ALL=C"}, kJournalctlTimeout);
  if (!asked) return tl::unexpected(asked.error());
  if (asked->exit_code != 0) return fail(Failure::Temporary, std::string(text::trim(asked->errors)));
  return asked->output;
}

/// Without the right group a user is shown its own lines only. A machine that has not sent mail yet has no
/// line of the mail facility, but root's lines show that the group is right.
std::optional<Obstacle> obstacle_to_the_journal() {
  const auto program = mta::find_program("journalctl");
  if (program.empty()) return Obstacle{"journalctl is not installed", "apt-get install systemd"};
  const std::string remedy = "usermod -a -G systemd-journal " + own_user() + kRestart;
  for (const std::string match : {"SYSLOG_FACILITY=2", "_UID=0"}) {
    const auto line = newest_in_journal(program, match);
    if (!line) return Obstacle{"journalctl fails: " + line.error().what, remedy};
    if (!line->empty()) return std::nullopt;
  }
  return Obstacle{"journalctl shows user " + own_user() + " neither root's lines nor the mail system's",
                  remedy};
}

Access mail_log_access(const std::string& path) {
  if (path == "journal") return access("mail log", path, obstacle_to_the_journal(), false);
  auto tried = access("mail log", path, obstacle_to_reading(path), false);
  if (tried.problem.empty()) return tried;
  // Whoever rotates the log gives it its group: it is the user that must have that one.
  tried.remedy = is_there(path) ? "usermod -a -G adm " + own_user() + kRestart
                                : "set [trace] mail_log to the MTA's log, or to \"journal\"";
  return tried;
}

std::vector<std::string> files_of_mta(const Settings& settings) {
  if (settings.mta == MtaKind::Sendmail) return {mta::Sendmail(settings).cf()};
  const auto& directory = settings.postfix_config;
  return {directory + "/main.cf", directory + "/master.cf", directory + "/" + routing::kGuardTable,
          directory + "/" + routing::kSealedTable};
}

/// The first that cannot be read stands for all.
Access files_access(const std::string& what, const std::string& path, const std::vector<std::string>& files) {
  for (const auto& file : files)
    if (const auto obstacle = obstacle_to_reading(file)) return access(what, file, obstacle, false);
  return access(what, path, std::nullopt, false);
}

}  // namespace

std::vector<Access> own_access(const Config& config) {
  const auto& settings = config.settings;
  std::vector<Access> all;
  std::vector<std::string> sources;
  for (const auto& source : config.sources.files) sources.push_back(source.path);
  all.push_back(files_access("configuration", settings.file, sources));
  const bool is_postfix = settings.mta == MtaKind::Postfix;
  all.push_back(files_access(is_postfix ? "Postfix's settings" : "Sendmail's settings",
                             is_postfix ? settings.postfix_config : settings.sendmail_config,
                             files_of_mta(settings)));
  all.push_back(key_access(settings.seal_key_file));
  for (const auto& archive : settings.archives) all.push_back(archive_access(archive));
  const auto& journal = config.policy.journal;
  if (!journal.rules.empty())
    all.push_back(access("journal", journal.path, obstacle_to_keeping_in(journal.path), true));
  all.push_back(trace_access(settings.trace.path));
  if (!settings.trace.mail_log.empty()) all.push_back(mail_log_access(settings.trace.mail_log));
  return all;
}

}  // namespace pams::milter::daemon
