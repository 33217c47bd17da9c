#include <ctime>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "milter/ctl/command.hpp"
#include "milter/ctl/setup/exchange_online.hpp"
#include "milter/ctl/setup/removal.hpp"
#include "milter/ctl/setup/sealing.hpp"
#include "milter/doctor/evaluate_route.hpp"
#include "milter/setup/postfix/postfix_plan.hpp"
#include "milter/setup/postfix/postfix_setup.hpp"
#include "milter/setup/sendmail/sendmail_setup.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl {
namespace {

struct Options {
  bool apply = false;
  bool json = false;
  bool remove = false;
  bool with_guard_rules = false;
  std::vector<std::string> outbound;
};

std::string utc_now() {
  const auto now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char buffer[32];
  return std::string(buffer, std::strftime(buffer, sizeof buffer, "%Y%m%dT%H%M%SZ", &parts));
}

/// "main.cf", "master.cf", or the table's path.
std::string file_of(const setup::Change& change) {
  switch (change.kind) {
    case setup::ChangeKind::Table:
    case setup::ChangeKind::Include:
      return change.setting;
    case setup::ChangeKind::Parameter:
      return "main.cf";
    case setup::ChangeKind::Service:
    case setup::ChangeKind::ServiceParameter:
      break;
  }
  return "master.cf";
}

/// As the file will hold it.
std::string shown(const setup::Change& change) {
  if (change.to.empty() && change.kind == setup::ChangeKind::Include) return "taken out: " + change.from;
  if (change.to.empty() && change.kind == setup::ChangeKind::Table) return "the file is removed";
  if (change.kind == setup::ChangeKind::Parameter) return change.setting + " = " + change.to;
  if (change.kind == setup::ChangeKind::ServiceParameter)
    return change.setting.substr(0, change.setting.rfind('/')) + ":  -o " +
           change.setting.substr(change.setting.rfind('/') + 1) + "=" + change.to;
  return change.kind == setup::ChangeKind::Service ? text::replace_all(change.to, " -o ", "\n    -o ")
                                                   : change.to;
}

void print(const setup::SetupPlan& plan) {
  for (const auto& change : plan.changes) {
    std::cout << "# " << file_of(change) << ": " << change.why << "\n";
    if (change.kind == setup::ChangeKind::Parameter && !change.from.empty())
      std::cout << "# was: " << change.setting << " = " << change.from << "\n";
    std::cout << text::trim_right(shown(change)) << "\n\n";
  }
  for (const auto& note : plan.notes) std::cout << "note: " << note << "\n";
  for (const auto& problem : plan.problems) std::cout << "problem: " << problem << "\n";
}

nlohmann::json to_json(const setup::SetupPlan& plan) {
  auto changes = nlohmann::json::array();
  for (const auto& change : plan.changes)
    changes.push_back({{"file", file_of(change)},
                       {"setting", change.setting},
                       {"from", change.from},
                       {"to", change.to},
                       {"why", change.why}});
  return {{"changes", changes},
          {"problems", plan.problems},
          {"notes", plan.notes},
          {"applied", false},
          {"backup", nullptr}};
}

/// What the routing checks say about the result, so that nobody reloads a gateway that would not hold.
void print_verdict(const Config& config, const mta::Postfix& postfix) {
  for (const auto& connector : config.policy.connectors)
    if (const auto route = doctor::evaluate_route(config, connector, postfix); !route.status)
      std::cout << "warning: " << connector.name << ": " << route.status.error().what << "\n";
}

int finish(const Options& options, nlohmann::json answer, const std::string& line, int code) {
  if (options.json) std::cout << answer.dump(2) << "\n";
  if (!options.json && !line.empty()) std::cout << line << "\n";
  return code;
}

int run_with(const Options& options, const Config& config, const mta::Postfix& postfix) {
  const auto site = setup::read_site(postfix, config);
  if (!site)
    return finish(options, {{"error", site.error().what}}, "error: " + site.error().what, kFoundWrong);
  auto plan = setup::plan_setup(config, options.outbound, *site);
  note_missing_key(config.settings, plan);
  keep_former_mail(config, postfix, options.apply, plan);
  auto answer = to_json(plan);
  if (!options.json) print(plan);
  if (!plan.problems.empty()) return finish(options, answer, "nothing was changed", kFoundWrong);
  if (options.apply)
    if (const auto key = make_seal_key(config.settings); !key)
      return finish(options, {{"error", key.error().what}}, "error: " + key.error().what, kFoundWrong);
  if (plan.changes.empty()) return finish(options, answer, "nothing to change", kFine);
  if (!options.apply) return finish(options, answer, "to do this, run: pamsctl setup postfix --apply", kFine);
  const auto backup = setup::apply_setup(plan, postfix, utc_now());
  if (!backup) {
    answer["error"] = backup.error().what;
    return finish(options, answer, "error: " + backup.error().what, kFoundWrong);
  }
  answer["applied"] = true;
  answer["backup"] = *backup;
  if (!options.json) print_verdict(config, postfix);
  return finish(options, answer, "applied; backup: " + *backup + "\nrun: postfix reload", kFine);
}

int run_postfix(const Globals& globals, const Options& options) {
  const auto loaded = load_config(globals.config_file);
  std::cerr << loaded.diagnostics.text();
  if (!loaded.config) return kFoundWrong;
  if (options.remove)
    return run_removal({options.apply, options.json, options.with_guard_rules}, *loaded.config,
                       mta::Postfix(loaded.config->settings.postfix_config), utc_now());
  return run_with(options, *loaded.config, mta::Postfix(loaded.config->settings.postfix_config));
}

constexpr const char* kSendmailSteps =
    "The order in which flagged mail stays safe (Sendmail has no guard rules):\n"
    "  1. switch PAMS off in Zivver's Office Plugin (EnableMailAssistedSubmission = 0)\n"
    "  2. [pams] enabled = false, then pamsctl reload: what is still flagged is refused, and the sender told\n"
    "  3. pamsctl trace --status Failed, for some days: who still flags? And mailq: nothing with pams-route.invalid\n"
    "  4. pamsctl setup sendmail --remove --apply, then make -C /etc/mail && service sendmail restart\n"
    "  5. systemctl disable --now pams-milter\n\n";

int run_on_sendmail(const Options& options, const Config& config) {
  const mta::Sendmail sendmail(config.settings);
  auto plan = options.remove ? setup::plan_sendmail_removal(config, sendmail)
                             : setup::plan_sendmail_setup(config, sendmail);
  const std::string command = options.remove ? "pamsctl setup sendmail --remove" : "pamsctl setup sendmail";
  if (!options.remove) note_missing_key(config.settings, plan);
  auto answer = to_json(plan);
  if (!options.json && options.remove) std::cout << kSendmailSteps;
  if (!options.json) print(plan);
  if (!plan.problems.empty()) return finish(options, answer, "nothing was changed", kFoundWrong);
  if (options.apply && !options.remove)
    if (const auto key = make_seal_key(config.settings); !key)
      return finish(options, {{"error", key.error().what}}, "error: " + key.error().what, kFoundWrong);
  if (plan.changes.empty()) return finish(options, answer, "nothing to change", kFine);
  if (!options.apply) return finish(options, answer, "to do this, run: " + command + " --apply", kFine);
  const auto backup = setup::apply_sendmail_setup(plan, sendmail, utc_now());
  if (!backup) {
    answer["error"] = backup.error().what;
    return finish(options, answer, "error: " + backup.error().what, kFoundWrong);
  }
  answer["applied"] = true;
  answer["backup"] = *backup;
  return finish(options, answer,
                "applied; backup: " + *backup + "\nrun: make -C " + sendmail.directory() +
                    " && service sendmail restart" + (options.remove ? "" : " && pamsctl doctor"),
                kFine);
}

int run_sendmail(const Globals& globals, const Options& options) {
  const auto loaded = load_config(globals.config_file);
  std::cerr << loaded.diagnostics.text();
  return loaded.config ? run_on_sendmail(options, *loaded.config) : kFoundWrong;
}

int run_tenant(const Globals& globals, const Options& options) {
  const auto loaded = load_config(globals.config_file);
  std::cerr << loaded.diagnostics.text();
  return loaded.config ? run_exchange_online(*loaded.config, options.json) : kFoundWrong;
}

std::function<int()> declare(CLI::App& app, const Globals& globals) {
  const auto options = std::make_shared<Options>();
  auto* postfix = app.add_subcommand("postfix", "Postfix: main.cf, master.cf and their tables");
  postfix->add_flag("--apply", options->apply, "Make the changes, with a backup; without it they are shown");
  postfix->add_flag("--json", options->json, "Print JSON");
  postfix->add_option(
      "--outbound", options->outbound,
      "A listener whose flagged mail must wait when no milter saw it (repeatable). The other smtpd services get a cleanup of their own; sendmail(1) always counts as outbound");
  auto* remove = postfix->add_flag(
      "--remove", options->remove,
      "Take out what the setup put in, step by step; the guard rules stay, so that what is still flagged waits");
  postfix
      ->add_flag("--with-guard-rules", options->with_guard_rules,
                 "Take out the guard rules too: the last step")
      ->needs(remove);
  auto* sendmail = app.add_subcommand("sendmail", "Sendmail: pams-milter.m4 and its line in sendmail.mc");
  sendmail->add_flag("--apply", options->apply, "Make the changes, with a backup; without it they are shown");
  sendmail->add_flag("--json", options->json, "Print JSON");
  sendmail->add_flag("--remove", options->remove,
                     "Take out what the setup put in; refused while mail could leak");
  auto* online = app.add_subcommand(
      "exchange-online",
      "Exchange Online: print what the tenant needs to hand flagged mail to this gateway; changes nothing");
  online->add_flag("--json", options->json, "Print JSON");
  app.require_subcommand(1);
  return [options, &globals, sendmail, online] {
    if (online->parsed()) return run_tenant(globals, *options);
    return sendmail->parsed() ? run_sendmail(globals, *options) : run_postfix(globals, *options);
  };
}

constexpr Example kExamples[] = {
    {"Show what would change in Postfix, and change nothing", "pamsctl setup postfix"},
    {"Make the changes, with a backup", "pamsctl setup postfix --apply"},
    {"Guard only the listeners for mail to the outside",
     "pamsctl setup postfix --outbound submission --outbound pickup --apply"},
    {"Tell the steps in which it is taken out again", "pamsctl setup postfix --remove"},
    {"Print what an Exchange Online tenant needs", "pamsctl setup exchange-online"},
    {"Sendmail: show what would change", "pamsctl setup sendmail"},
    {"Sendmail: make the changes", "pamsctl setup sendmail --apply"},
};

}  // namespace

extern const Command setup;
const Command setup{
    .name = "setup",
    .summary = "Show or make all that the MTA needs",
    .declare = declare,
    .examples = kExamples,
};

}  // namespace pams::milter::ctl
