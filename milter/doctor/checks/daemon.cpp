// Asks the running milter itself: as its user and within its sandbox it may see what root does not, and less
// than root.
#include <algorithm>
#include <array>
#include <filesystem>
#include <thread>
#include <utility>

#include "milter/control/control_socket.hpp"
#include "milter/control/status_report.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

/// The milter evaluates the routing for that, and tries its disks.
constexpr std::chrono::seconds kTimeout(50);
constexpr const char* kMailWaits = "flagged mail waits";

/// Which check looks at the same thing from outside of the milter.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kLooksAt{
    {{"archive ", "archive"},
     {"journal", "journal_spool"},
     {"trace", "trace"},
     {"mail log", "mail_log"},
     {"seal key", "seal_key"},
     {"configuration", "readable"},
     {"Postfix's settings", "readable"}}};

std::string_view check_of(const std::string& what) {
  for (const auto& [begin, id] : kLooksAt)
    if (what.starts_with(begin)) return id;
  return "";
}

/// Then that check tells of it, and one failure is enough.
bool fails_here(std::string_view id, const Examination& examination) {
  const auto all = checks();
  const auto check = std::ranges::find(all, id, &Check::id);
  return check != all.end() && (*check)->is_for(examination.config.settings.mta) &&
         (*check)->run(examination).status == CheckStatus::Fail;
}

Finding not_reached(const Error& error) {
  auto finding =
      failed(error.what,
             "systemctl restart pams-milter; journalctl -u pams-milter -n 20 tells why it does not answer");
  if (error.failure == Failure::Refused) finding.doubt = Doubt::NotAllowed;
  return finding;
}

std::optional<Finding> other_configuration(const control::StatusReport& report,
                                           const Examination& examination) {
  std::error_code unknown;
  const auto& file = examination.config.settings.file;
  if (report.config_file == file || std::filesystem::equivalent(report.config_file, file, unknown))
    return std::nullopt;
  return failed("the milter that runs has the configuration " + report.config_file + ", not " + file,
                "pamsctl --config " + report.config_file + " doctor");
}

std::optional<Finding> other_route(const control::StatusReport& report, const Examination& examination) {
  if (report.route != control::RouteState::Unverified) return std::nullopt;
  for (const auto& check : report.failed_checks)
    if (!fails_here(check.id, examination))
      return failed(kMailWaits + std::string(", because the milter itself finds that ") + check.id +
                        " fails: " + check.seen,
                    check.remedy);
  if (!report.failed_checks.empty()) return std::nullopt;
  return failed(kMailWaits + std::string(": ") + report.route_problem, "pamsctl status");
}

std::optional<Finding> no_access(const control::StatusReport& report, const Examination& examination) {
  for (const auto& access : report.access)
    if (!access.problem.empty() && !fails_here(check_of(access.what), examination))
      return failed("the milter itself cannot use the " + access.what + ": " + access.problem, access.remedy);
  return std::nullopt;
}

std::optional<Finding> old_configuration(const control::StatusReport& report, const Examination&) {
  if (report.changed.empty()) return std::nullopt;
  const auto seen = "the milter works with what it read at " + report.loaded + ", and since then " +
                    text::join(report.changed, ", ") +
                    (report.refused.empty() ? "" : "; the last reload was refused: " + report.refused);
  return warn(seen, "pamsctl check && systemctl reload pams-milter pams-relay");
}

std::string in_order(const control::StatusReport& report) {
  const bool waits = report.route == control::RouteState::Unverified;
  return "pams-milter " + report.version + " runs as user " + report.user + " since " + report.started +
         (waits ? "; flagged mail waits for what fails above" : "; its configuration is current");
}

/// What the milter finds wrong it asks again after five seconds (route_verifier.hpp): its answer may be older
/// than what was put right just now.
constexpr std::chrono::seconds kOldestAnswer(5);

Finding ask(const Examination& examination) {
  const auto answer = control::ask_for_status(control::control_socket_path(), kTimeout);
  if (!answer) return not_reached(answer.error());
  const auto report = control::read_status_report(*answer);
  if (!report) return failed(report.error().what, "systemctl restart pams-milter");
  for (const auto look : {other_configuration, other_route, no_access, old_configuration})
    if (auto finding = look(*report, examination)) return *finding;
  return ok(in_order(*report));
}

Finding run(const Examination& examination) {
  auto finding = ask(examination);
  if (finding.status != CheckStatus::Fail || !finding.seen.starts_with(kMailWaits)) return finding;
  std::this_thread::sleep_for(kOldestAnswer);
  return ask(examination);
}

}  // namespace

extern constinit const Check daemon{
    .id = "daemon",
    .why =
        "What holds for mail is what the running milter sees and has loaded, not what root finds in the files.",
    .only = std::nullopt,
    .run = run,
};

}  // namespace pams::milter::doctor
