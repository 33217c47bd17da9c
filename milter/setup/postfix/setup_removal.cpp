#include "milter/setup/postfix/setup_removal.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include "milter/config/files.hpp"
#include "milter/routing/postfix_settings.hpp"
#include "milter/routing/routed_queue.hpp"
#include "milter/setup/backup.hpp"
#include "milter/setup/postfix/postfix_site.hpp"
#include "milter/setup/postfix/setup_record.hpp"
#include "milter/setup/postfix/setup_undo.hpp"

namespace pams::milter::setup {
namespace {

/// What brings mail to the milter, and what the milter's word does. The rest keeps flagged mail safe.
bool is_milters(const std::string& parameter) {
  constexpr std::array<std::string_view, 5> kNames{"smtpd_milters", "non_smtpd_milters", "milter_protocol",
                                                   "milter_default_action", "milter_header_checks"};
  return std::ranges::find(kNames, parameter) != kNames.end();
}

class Removal {
 public:
  Removal(const SetupRecord& record, const PostfixTexts& current, const std::string& directory,
          RemovalStage stage)
      : record_(record), current_(current), directory_(directory) {
    plan_.stage = stage;
  }

  RemovalPlan plan() {
    const auto services = settings_in(PostfixFile::Master, record_.after.master);
    const bool all = plan_.stage == RemovalStage::GuardRules;
    undo(PostfixFile::Main, "main.cf", record_.before.main, record_.after.main, current_.main,
         [&](const std::string& name) { return all || is_milters(name); });
    undo(PostfixFile::Master, "master.cf", record_.before.master, record_.after.master, current_.master,
         [&](const std::string& key) {
           // Inbound listeners get the guard rules back: without the milter nothing else is there for them.
           const auto at = services.find(key);
           return all || key == std::string(kInboundCleanup) + "/unix" ||
                  (at != services.end() && at->second.find(kInboundCleanup) != std::string::npos);
         });
    remove_table(routing::kSealedTable);
    if (all) {
      remove_table(routing::kGuardTable);
      remove_table(routing::kStatusTable);
      remove_table(routing::kSmtpGuardTable);
      remove_table(routing::kFormerSmtpGuardTable);
      for (const auto& entry : std::filesystem::directory_iterator(directory_))
        if (const auto name = entry.path().filename().string(); routing::is_former_table(name))
          remove_table(name);
    }
    return std::move(plan_);
  }

 private:
  void undo(PostfixFile kind, const std::string& name, const std::string& before, const std::string& after,
            const std::string& current, const std::function<bool(const std::string&)>& wanted) {
    auto undone = undo_setup(kind, before, after, current, wanted);
    const auto what = kind == PostfixFile::Main ? ChangeKind::Parameter : ChangeKind::Service;
    for (auto& one : undone.changes)
      plan_.changes.push_back({what, one.setting, one.from, one.to, "as it was before the setup"});
    plan_.notes.insert(plan_.notes.end(), undone.notes.begin(), undone.notes.end());
    if (undone.text != current) plan_.files.push_back({directory_ + "/" + name, std::move(undone.text)});
  }

  void remove_table(const std::string& name) {
    const auto path = directory_ + "/" + name;
    if (access(path.c_str(), F_OK) != 0) return;
    plan_.changes.push_back({ChangeKind::Table, path, "our table", "", "nothing uses it any more"});
    plan_.files.push_back({path, std::nullopt});
  }

  const SetupRecord& record_;
  const PostfixTexts& current_;
  const std::string& directory_;
  RemovalPlan plan_;
};

std::string number_of(std::size_t number, const std::string& one) {
  return std::to_string(number) + " messages (" + one + (number > 1 ? ", …" : "") + ")";
}

/// The guard rules and the transport may go only when nothing in the queue needs them.
void check_queue(const mta::Postfix& postfix, const Config& config, RemovalPlan& plan) {
  const bool all = plan.stage == RemovalStage::GuardRules;
  auto& said = all ? plan.problems : plan.notes;
  const auto queue = routing::look_through_queue(postfix, config.policy.pams.header);
  if (!queue) {
    said.push_back("the queue could not be looked through: " + queue.error().what);
    return;
  }
  if (queue->unsealed > 0)
    said.push_back(
        number_of(queue->unsealed, queue->an_unsealed) + " with " + config.policy.pams.header +
        (all ? " are in the queue and would leave in clear: bring them back through the milter before it goes (pamsctl queue release), or remove them"
             : " wait in the queue and go on waiting: bring them back through the milter while it is there (pamsctl queue release)"));
  if (queue->sealed > 0)
    said.push_back(
        number_of(queue->sealed, queue->a_sealed) +
        (all ? " that are sealed are in the queue and would reach people who cannot read them: wait until pams-relay has sent them"
             : " that are sealed are in the queue: they leave through pams-relay, so keep it and seal.key until they have left"));
}

void check_order(const RemovalPlan& first, RemovalPlan& plan) {
  if (!first.changes.empty())
    plan.problems.emplace_back(
        "the milter is still in use: first run `pamsctl setup postfix --remove --apply` and `postfix reload`");
}

Status write(const RemovalPlan& plan) {
  for (const auto& [path, content] : plan.files) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0)
      return fail(Failure::Misconfigured, path + " is not there any more");
    const Owner owner{status.st_uid, status.st_gid, status.st_mode & 07777U};
    if (content) {
      if (const auto made = replace_file(path, *content, owner); !made) return made;
    } else if (unlink(path.c_str()) != 0) {
      return fail(Failure::Misconfigured, path + " could not be removed");
    }
  }
  return {};
}

/// Postfix's own tools must still be able to read what was written.
Status read_back(const mta::Postfix& postfix) {
  if (const auto services = postfix.services(); !services) return tl::unexpected(services.error());
  if (const auto value = postfix.parameter("smtpd_milters"); !value) return tl::unexpected(value.error());
  return {};
}

Status keep_record(const RemovalPlan& plan, const SetupRecord& record, const std::string& directory) {
  if (plan.stage == RemovalStage::GuardRules) return remove_record(directory);
  auto after = read_texts(directory);
  if (!after) return tl::unexpected(after.error());
  return write_record(directory, {record.before, std::move(*after)});
}

}  // namespace

Result<RemovalPlan> plan_removal(const mta::Postfix& postfix, const Config& config, RemovalStage stage) {
  const auto& directory = postfix.config_directory();
  const auto record = read_record(directory);
  if (!record) return tl::unexpected(record.error());
  if (!*record) {
    RemovalPlan nothing;
    nothing.notes = {"there is no record of a setup in " + directory};
    return nothing;
  }
  const auto current = read_texts(directory);
  if (!current) return tl::unexpected(current.error());
  auto plan = Removal(**record, *current, directory, stage).plan();
  if (stage == RemovalStage::GuardRules)
    check_order(Removal(**record, *current, directory, RemovalStage::Milter).plan(), plan);
  check_queue(postfix, config, plan);
  return plan;
}

Result<std::string> apply_removal(const RemovalPlan& plan, const mta::Postfix& postfix,
                                  const std::string& now_utc, const std::function<Status()>& holds) {
  if (!plan.problems.empty()) return fail(Failure::Misconfigured, plan.problems.front());
  const auto& directory = postfix.config_directory();
  const auto last = read_record(directory);
  const auto current = read_texts(directory);
  if (!last) return tl::unexpected(last.error());
  if (!current) return tl::unexpected(current.error());
  const auto record = record_for(*last, *current);
  std::vector<std::string> paths;
  for (const auto& file : plan.files) paths.push_back(file.path);
  const auto backup = Backup::make(directory + "/pams-backup-" + now_utc, paths);
  if (!backup) return tl::unexpected(backup.error());
  auto outcome = write(plan);
  if (outcome) outcome = read_back(postfix);
  if (outcome) outcome = holds();
  if (outcome) outcome = keep_record(plan, record, directory);
  return backup->settle(outcome);
}

}  // namespace pams::milter::setup
