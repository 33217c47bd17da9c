// pamsctl doctor: evaluates the MTA's configuration and says what is wrong and how to fix it.
#include <algorithm>
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "milter/config/check_config.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/diagnostic_json.hpp"
#include "milter/doctor/diagnosis.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl {
namespace {

using doctor::CheckStatus;
using doctor::Outcome;

/// Those of the monitoring plugins of Nagios and its heirs.
enum NagiosExit { kOk = 0, kWarning = 1, kCritical = 2, kUnknown = 3 };

struct Report {
  Diagnostics diagnostics;  ///< of the configuration
  std::vector<Outcome> outcomes;
};

/// The configuration as a check among the others.
Outcome examine_configuration(const Diagnostics& diagnostics, const std::string& file, bool is_usable) {
  Outcome outcome{.id = "configuration",
                  .why = "With an error in it pams-milter does not start, and a reload keeps the old one.",
                  .finding = {CheckStatus::Ok, file + " has no mistakes", ""}};
  if (diagnostics.all().empty()) return outcome;
  const auto worst = diagnostics.has_errors() ? Severity::Error : Severity::Warning;
  const auto& first = *std::ranges::find(diagnostics.all(), worst, &Diagnostic::severity);
  auto line = first.at.source == nullptr ? std::string()
                                         : first.at.source->name + ":" + std::to_string(first.at.line) + ": ";
  outcome.finding = {
      .status = diagnostics.has_errors() ? CheckStatus::Fail : CheckStatus::Warn,
      .seen = doctor::counted(diagnostics.errors(), "error") + ", " +
              doctor::counted(diagnostics.all().size() - diagnostics.errors(), "warning") +
              "; the first: " + text::printable(line + first.text),
      .remedy = "pamsctl check shows each with its line; then systemctl reload pams-milter pams-relay"};
  if (!is_usable) outcome.consequence = doctor::kNothingElse;
  return outcome;
}

Report look(const std::string& file) {
  auto examined = check_config(file);
  const auto loaded = load_config(file);
  Report report;
  report.outcomes.push_back(examine_configuration(examined.diagnostics, file, loaded.config != nullptr));
  report.diagnostics = std::move(examined.diagnostics);
  if (loaded.config == nullptr) return report;
  auto outcomes = doctor::diagnose(*loaded.config);
  std::ranges::move(outcomes, std::back_inserter(report.outcomes));
  return report;
}

nlohmann::json to_json(const Outcome& outcome) {
  nlohmann::json row{{"id", outcome.id},
                     {"status", doctor::to_string(outcome.finding.status)},
                     {"seen", outcome.finding.seen},
                     {"why", outcome.why},
                     {"remedy", outcome.finding.remedy}};
  if (!outcome.follows.empty()) row["follows"] = outcome.follows;
  return row;
}

void print_json(const Report& report) {
  auto checks = nlohmann::json::array();
  for (const auto& outcome : report.outcomes) checks.push_back(to_json(outcome));
  checks.front()["diagnostics"] = diagnostics_json(report.diagnostics);
  const auto tally = doctor::count(report.outcomes);
  const nlohmann::json all{{"checks", checks}, {"summary", doctor::summary(tally)}};
  std::cout << all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void print_text(const Report& report) {
  std::cerr << report.diagnostics.text();
  for (const auto& [id, why, finding, follows, consequence] : report.outcomes) {
    const auto status = follows.empty() ? doctor::to_string(finding.status) : "skip";
    std::cout << status << '\t' << id << ": " << finding.seen << '\n';
    if (!follows.empty() || finding.status == CheckStatus::Ok) continue;
    std::cout << "\t  why: " << why << '\n';
    if (!finding.remedy.empty()) std::cout << "\t  do:  " << finding.remedy << '\n';
  }
  std::cout << doctor::summary(doctor::count(report.outcomes)) << '\n';
}

/// Only root sees all: without failures, what was not seen is what counts.
NagiosExit nagios_exit(const doctor::Tally& tally) {
  if (tally.failures > 0) return kCritical;
  if (tally.not_allowed > 0) return kUnknown;
  return tally.warnings > 0 ? kWarning : kOk;
}

/// One line; what follows the bar is read as performance data.
void print_brief(const Report& report, const doctor::Tally& tally) {
  constexpr const char* kWords[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
  constexpr std::size_t kLongest = 160;
  auto line = doctor::summary(tally);
  const auto worst = tally.failures > 0 ? CheckStatus::Fail : CheckStatus::Warn;
  for (const auto& [id, why, finding, follows, consequence] : report.outcomes)
    if (follows.empty() && finding.status == worst)
      line += "; " + std::string(id) + ": " + text::printable(finding.seen, kLongest);
  std::cout << "PAMS " << kWords[nagios_exit(tally)] << " - " << text::replace_all(line, "|", "/")
            << " | failures=" << tally.failures << " warnings=" << tally.warnings << '\n';
}

int run_brief(const std::string& file) {
  try {
    const auto report = look(file);
    const auto tally = doctor::count(report.outcomes);
    print_brief(report, tally);
    return nagios_exit(tally);
  } catch (const std::exception& e) {
    std::cout << "PAMS UNKNOWN - " << text::printable(e.what()) << '\n';
    return kUnknown;
  }
}

int run(const std::string& file, bool as_json) {
  const auto report = look(file);
  if (as_json)
    print_json(report);
  else
    print_text(report);
  return doctor::count(report.outcomes).failures > 0 ? kFoundWrong : kFine;
}

std::function<int()> declare(CLI::App& app, const Globals& globals) {
  auto as_json = std::make_shared<bool>(false);
  auto is_brief = std::make_shared<bool>(false);
  auto* json = app.add_flag("--json", *as_json, "Print JSON");
  app.add_flag("--brief", *is_brief,
               "Print one line for a monitoring system; exit 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN")
      ->excludes(json);
  return [as_json, is_brief, &globals] {
    return *is_brief ? run_brief(globals.config_file) : run(globals.config_file, *as_json);
  };
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
