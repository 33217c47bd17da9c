// pamsctl doctor: evaluates the MTA's configuration and says what is wrong and how to fix it.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "milter/config/config.hpp"
#include "milter/ctl/command.hpp"
#include "milter/doctor/account.hpp"
#include "milter/doctor/check.hpp"
#include "milter/mta/postfix/postfix.hpp"
#include "milter/routing/cached_mta.hpp"

namespace pams::milter::ctl {
namespace {

constexpr std::chrono::seconds kTimeout(60);

struct Outcome {
  std::string_view id, why;
  doctor::Finding finding;
  bool is_blind = false;  ///< not looked at, for a reason that another check names
};

/// What this user may not see is neither right nor wrong.
doctor::Finding as_told(doctor::Finding finding) {
  if (!finding.unseen) return finding;
  return {.status = doctor::CheckStatus::Warn,
          .seen = finding.seen,
          .remedy = "run as root: pamsctl doctor",
          .unseen = true};
}

doctor::Finding find(const doctor::Check& check, const doctor::Examination& examination) {
  try {
    return as_told(check.run(examination));
  } catch (const std::exception& e) {
    return {.status = doctor::CheckStatus::Fail,
            .seen = std::string("the check could not be made: ") + e.what(),
            .remedy = "pamsctl check"};
  }
}

Outcome run_check(const doctor::Check& check, const doctor::Examination& examination) {
  return {.id = check.id, .why = check.why, .finding = find(check, examination)};
}

/// What asks Postfix has nothing to say when Postfix's tools do not answer: that is told once, with its
/// remedy.
Outcome blind(const doctor::Check& check, const Outcome& cause) {
  return {.id = check.id,
          .why = check.why,
          .finding = {.status = doctor::CheckStatus::Fail,
                      .seen = "not looked at while " + std::string(cause.id) + " fails",
                      .remedy = cause.finding.remedy},
          .is_blind = true};
}

/// The prerequisite that fails, if any.
std::optional<Outcome> failed_prerequisite(const doctor::Examination& examination) {
  for (const auto* check : doctor::checks()) {
    if (!check->is_prerequisite || !check->is_for(examination.config.settings.mta)) continue;
    auto outcome = run_check(*check, examination);
    if (outcome.finding.status == doctor::CheckStatus::Fail) return outcome;
  }
  return std::nullopt;
}

void run_checks(const doctor::Examination& examination, std::vector<Outcome>& outcomes) {
  const auto cause = failed_prerequisite(examination);
  for (const auto* check : doctor::checks()) {
    if (!check->is_for(examination.config.settings.mta)) continue;
    if (cause && cause->id == check->id)
      outcomes.push_back(*cause);
    else if (cause && check->only)
      outcomes.push_back(blind(*check, *cause));
    else
      outcomes.push_back(run_check(*check, examination));
  }
}

std::vector<Outcome> examine_sendmail(const Config& config, const rules::OutboundConnector& connector) {
  std::vector<Outcome> outcomes;
  const mta::Postfix unused(config.settings.postfix_config);
  const mta::Sendmail sendmail(config.settings);
  const auto accounts = doctor::accounts_of(config.settings);
  run_checks({config, connector, unused, &sendmail, &accounts}, outcomes);
  return outcomes;
}

std::vector<Outcome> examine(const Config& config) {
  const auto& name = config.policy.pams.connector;
  const auto* connector = config.policy.connector(name);
  if (connector == nullptr)
    return {{.id = "connector",
             .why = "Flagged mail has no way out, and is answered 451.",
             .finding = {.status = doctor::CheckStatus::Fail,
                         .seen = "[pams] connector '" + name + "' is not defined",
                         .remedy = "pamsctl check"}}};
  if (config.settings.mta == MtaKind::Sendmail) return examine_sendmail(config, *connector);
  const mta::Postfix postfix(config.settings.postfix_config);
  const routing::CachedMta mta(postfix, kTimeout, std::chrono::steady_clock::now);
  std::vector<Outcome> outcomes;
  const auto accounts = doctor::accounts_of(config.settings);
  run_checks({.config = config, .connector = *connector, .mta = mta, .accounts = &accounts}, outcomes);
  return outcomes;
}

void print_json(const std::vector<Outcome>& outcomes) {
  auto checks = nlohmann::json::array();
  for (const auto& [id, why, finding, _] : outcomes)
    checks.push_back({{"id", id},
                      {"status", doctor::to_string(finding.status)},
                      {"seen", finding.seen},
                      {"why", why},
                      {"remedy", finding.remedy}});
  std::cout << nlohmann::json{{"checks", checks}}.dump(2, ' ', false,
                                                       nlohmann::json::error_handler_t::replace)
            << '\n';
}

void print_text(const std::vector<Outcome>& outcomes) {
  for (const auto& [id, why, finding, is_blind] : outcomes) {
    std::cout << doctor::to_string(finding.status) << '\t' << id << ": " << finding.seen << '\n';
    if (is_blind || finding.status == doctor::CheckStatus::Ok) continue;
    std::cout << "\t  why: " << why << '\n';
    if (!finding.remedy.empty()) std::cout << "\t  do:  " << finding.remedy << '\n';
  }
}

int run(const Globals& globals, bool as_json) {
  const auto loaded = load_config(globals.config_file);
  std::cerr << loaded.diagnostics.text();
  if (loaded.config == nullptr) return kFoundWrong;
  const auto outcomes = examine(*loaded.config);
  if (as_json)
    print_json(outcomes);
  else
    print_text(outcomes);
  const auto fails = [](const Outcome& o) { return o.finding.status == doctor::CheckStatus::Fail; };
  return std::ranges::any_of(outcomes, fails) ? kFoundWrong : kFine;
}

std::function<int()> declare(CLI::App& app, const Globals& globals) {
  auto as_json = std::make_shared<bool>(false);
  app.add_flag("--json", *as_json, "Print JSON");
  return [as_json, &globals] { return run(globals, *as_json); };
}

constexpr Example kExamples[] = {
    {"All checks, as root", "pamsctl doctor"},
    {"For a program", "pamsctl doctor --json"},
};

}  // namespace

extern const Command doctor;
const Command doctor{
    .name = "doctor",
    .summary = "Check that the MTA takes flagged mail to its connector",
    .declare = declare,
    .examples = kExamples,
};

}  // namespace pams::milter::ctl
