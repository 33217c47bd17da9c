#include "milter/ctl/setup/removal.hpp"

#include <iostream>

#include <nlohmann/json.hpp>

#include "milter/ctl/command.hpp"
#include "milter/doctor/check.hpp"
#include "milter/setup/postfix/setup_removal.hpp"

namespace pams::milter::ctl {
namespace {

constexpr const char* kSteps[] = {
    "switch PAMS off in Zivver's Office Plugin (EnableMailAssistedSubmission = 0) and wait until every client has it: from then on Outlook hands secure messages to Zivver itself",
    "pamsctl setup postfix --remove --apply && postfix reload: the milter goes (and with it rules, disclaimers, archive), the guard rules stay: what is still flagged waits in the queue, what is sealed leaves through pams-relay",
    "look at `postqueue -p` for some days: \"not sealed by pams-milter yet\" names clients that still flag",
    "pamsctl setup postfix --remove --with-guard-rules --apply && postfix reload: the guard rules and the transport go; refused while a flagged or a sealed message is in the queue",
    "systemctl disable --now pams-milter pams-relay; keep seal.key as long as anybody may ask for what a copy of a sealed message holds",
};

/// With the milter gone the guard rules alone hold flagged mail: every listener must have them.
Status guard_rules_hold(const Config& config, const mta::Postfix& postfix) {
  const auto* connector = config.policy.connector(config.policy.pams.connector);
  if (connector == nullptr) return fail(Failure::Misconfigured, "[pams] connector is not defined");
  const doctor::Examination examination{config, *connector, postfix};
  for (const auto* check : doctor::checks()) {
    if (check->id != "header_checks" && check->id != "retry_service" && check->id != "bounces") continue;
    if (const auto finding = check->run(examination); finding.status == doctor::CheckStatus::Fail)
      return fail(Failure::Misconfigured, "flagged mail would not wait: " + finding.seen);
  }
  return {};
}

std::string file_of(const setup::Change& change) {
  if (change.kind == setup::ChangeKind::Table) return change.setting;
  return change.kind == setup::ChangeKind::Parameter ? "main.cf" : "master.cf";
}

nlohmann::json to_json(const setup::RemovalPlan& plan) {
  auto changes = nlohmann::json::array();
  for (const auto& change : plan.changes)
    changes.push_back({{"file", file_of(change)},
                       {"setting", change.setting},
                       {"from", change.from},
                       {"to", change.to},
                       {"why", change.why}});
  return {{"changes", changes}, {"problems", plan.problems}, {"notes", plan.notes},
          {"steps", kSteps},    {"applied", false},          {"backup", nullptr}};
}

void print(const setup::RemovalPlan& plan) {
  std::cout << "The order in which flagged mail stays safe:\n";
  int number = 0;
  for (const auto* step : kSteps) std::cout << "  " << ++number << ". " << step << "\n";
  std::cout << "\n";
  for (const auto& change : plan.changes)
    std::cout << "# " << file_of(change) << ": " << change.setting << "\n- " << change.from << "\n"
              << (change.to.empty() ? "" : "+ " + change.to + "\n") << "\n";
  for (const auto& note : plan.notes) std::cout << "note: " << note << "\n";
  for (const auto& problem : plan.problems) std::cout << "problem: " << problem << "\n";
}

int finish(const RemovalOptions& options, const nlohmann::json& answer, const std::string& line, int code) {
  if (options.json) std::cout << answer.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  if (!options.json) std::cout << line << "\n";
  return code;
}

int apply(const RemovalOptions& options, const setup::RemovalPlan& plan, const Config& config,
          const mta::Postfix& postfix, const std::string& now_utc) {
  const auto holds = [&]() -> Status {
    return plan.stage == setup::RemovalStage::GuardRules ? Status{} : guard_rules_hold(config, postfix);
  };
  auto answer = to_json(plan);
  const auto backup = setup::apply_removal(plan, postfix, now_utc, holds);
  if (!backup) {
    answer["error"] = backup.error().what;
    return finish(options, answer, "error: " + backup.error().what, kFoundWrong);
  }
  answer["applied"] = true;
  answer["backup"] = *backup;
  return finish(options, answer, "applied; backup: " + *backup + "\nrun: postfix reload", kFine);
}

}  // namespace

int run_removal(const RemovalOptions& options, const Config& config, const mta::Postfix& postfix,
                const std::string& now_utc) {
  const auto stage = options.with_guard_rules ? setup::RemovalStage::GuardRules : setup::RemovalStage::Milter;
  const auto plan = setup::plan_removal(postfix, config, stage);
  if (!plan)
    return finish(options, {{"error", plan.error().what}}, "error: " + plan.error().what, kFoundWrong);
  if (!options.json) print(*plan);
  if (!plan->problems.empty()) return finish(options, to_json(*plan), "nothing was changed", kFoundWrong);
  if (plan->changes.empty()) return finish(options, to_json(*plan), "nothing to change", kFine);
  if (options.apply) return apply(options, *plan, config, postfix, now_utc);
  return finish(options, to_json(*plan),
                std::string("to do this, run: pamsctl setup postfix --remove ") +
                    (options.with_guard_rules ? "--with-guard-rules " : "") + "--apply",
                kFine);
}

}  // namespace pams::milter::ctl
