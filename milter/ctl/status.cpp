// pamsctl status: asks the running milter how it is, and says what it answers.
#include <algorithm>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "milter/control/control_socket.hpp"
#include "milter/control/status_report.hpp"
#include "milter/ctl/command.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl {
namespace {

using control::RouteState;
using control::StatusReport;

/// It evaluates the routing and tries its disks.
constexpr std::chrono::seconds kTimeout(60);

std::string duration(std::int64_t seconds) {
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 60 * 60) return std::to_string(seconds / 60) + " min";
  const auto hours = seconds / (60 * 60);
  if (hours < 48) return std::to_string(hours) + " h";
  return std::to_string(hours / 24) + " days";
}

std::string shown(const std::string& text) { return text::printable(text); }

void row(const std::string& name, const std::string& value) {
  std::cout << "  " << name << std::string(name.size() < 22 ? 22 - name.size() : 1, ' ') << shown(value)
            << '\n';
}

void print_configuration(const StatusReport& report) {
  row("configuration", report.config_file + ", read " + report.loaded);
  if (report.changed.empty() && report.refused.empty())
    return row("", "current: the files are as they were read");
  for (const auto& change : report.changed) row("", "NOT CURRENT: " + change);
  if (!report.refused.empty()) row("", "the last reload was refused: " + report.refused);
  row("", "do: pamsctl check && pamsctl reload");
}

void print_routing(const StatusReport& report) {
  if (report.route == RouteState::Verified) return row("routing", "verified for " + report.connector);
  if (report.route == RouteState::NotChecked)
    return row("routing", "not checked ([milter] verify_route = false)");
  row("routing", "NOT VERIFIED, flagged mail waits (451)");
  if (report.failed_checks.empty()) return row("", report.route_problem);
  for (const auto& check : report.failed_checks) {
    row("", check.id + ": " + check.seen);
    row("", "do: " + check.remedy);
  }
}

void print_access(const StatusReport& report) {
  for (const auto& access : report.access) {
    row(access.what, access.problem.empty() ? "ok, " + access.path : "NOT USABLE: " + access.problem);
    if (!access.problem.empty()) row("", "do: " + access.remedy);
  }
}

void print(const StatusReport& report) {
  std::cout << "pams-milter " << shown(report.version) << " is running: pid " << report.pid << ", user "
            << shown(report.user) << ", for " << duration(report.uptime) << '\n';
  row("listens at", report.listen);
  row("mail", std::to_string(report.connections) + " connection(s) now, " + std::to_string(report.messages) +
                  " message(s) since the start");
  print_configuration(report);
  print_routing(report);
  print_access(report);
  row("relay", report.relay_problem.empty() ? "answers" : "DOES NOT ANSWER: " + report.relay_problem);
  if (!report.relay_problem.empty()) row("", "do: systemctl start pams-relay");
}

bool is_in_order(const StatusReport& report) {
  return report.route != RouteState::Unverified && report.changed.empty() && report.refused.empty() &&
         report.relay_problem.empty() &&
         std::ranges::all_of(report.access, [](const auto& access) { return access.problem.empty(); });
}

int not_reached(const Error& error, bool as_json) {
  const bool is_away = error.failure == Failure::Misconfigured;
  if (as_json)
    std::cout << nlohmann::ordered_json{{"is_running", !is_away}, {"problem", error.what}}.dump(
                     2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
              << '\n';
  else
    std::cerr << "pamsctl: " << error.what << (is_away ? "; start it: systemctl start pams-milter\n" : "\n");
  return kFoundWrong;
}

int run(bool as_json) {
  const auto answer = control::ask_for_status(control::control_socket_path(), kTimeout);
  if (!answer) return not_reached(answer.error(), as_json);
  const auto report = control::read_status_report(*answer);
  if (!report) return not_reached(report.error(), as_json);
  if (as_json) {
    nlohmann::ordered_json json{{"is_running", true}};
    json.update(nlohmann::ordered_json::parse(*answer));
    std::cout << json.dump(2) << '\n';
  } else {
    print(*report);
  }
  return is_in_order(*report) ? kFine : kFoundWrong;
}

std::function<int()> declare(CLI::App& app, const Globals&) {
  auto as_json = std::make_shared<bool>(false);
  app.add_flag("--json", *as_json, "Print JSON");
  return [as_json] { return run(*as_json); };
}

constexpr Example kExamples[] = {
    {"Does the milter that runs see its configuration, its files and Postfix as they must be?",
     "pamsctl status"},
    {"The same for a program", "pamsctl status --json"},
};

}  // namespace

extern const Command status;
const Command status{
    .name = "status",
    .summary = "Ask the running milter how it is: configuration, routing, what it can read and write",
    .declare = declare,
    .examples = kExamples,
};

}  // namespace pams::milter::ctl
