#include "milter/daemon/status_reporter.hpp"

#include <algorithm>
#include <thread>

#include <unistd.h>

#include "milter/base/path_access.hpp"
#include "milter/base/time_text.hpp"
#include "milter/config/sources.hpp"
#include "milter/daemon/own_access.hpp"
#include "milter/doctor/check.hpp"
#include "milter/doctor/evaluate_route.hpp"
#include "milter/log/log.hpp"
#include "milter/mta/postfix/postfix.hpp"
#include "milter/session/callbacks.hpp"

namespace pams::milter::daemon {
namespace {

using std::chrono::system_clock;

constexpr std::chrono::seconds kForDisks(10);

std::string text_of(system_clock::time_point time) {
  return iso8601(std::chrono::floor<std::chrono::seconds>(time));
}

void look_at_route(const session::Services& services, control::StatusReport& report) {
  const auto& config = *services.config;
  report.connector = config.policy.pams.connector;
  const auto* connector = config.policy.connector(report.connector);
  report.route = control::RouteState::NotChecked;
  if (!config.policy.pams.enabled) return;  // flagged mail is answered by when_disabled, whatever the routing
  report.route = control::RouteState::Unverified;
  if (connector == nullptr) {
    report.route_problem =
        "[pams] connector '" + report.connector + "' is not defined; remedy: pamsctl check";
    return;
  }
  report.route = control::RouteState::NotChecked;
  if (!config.settings.verify_route || services.route_guard == nullptr) return;
  const auto verified = services.route_guard->verified(*connector);
  report.route = verified ? control::RouteState::Verified : control::RouteState::Unverified;
  if (verified) return;
  report.route_problem = verified.error().what;
  for (const auto& [id, finding] : doctor::failed_route_checks(config, *connector))
    report.failed_checks.push_back({std::string(id), finding.seen, finding.remedy});
}

/// Asked as the milter's user: whether the MTA may connect is another question.
std::string relay_problem(const Config& config) {
  const auto* connector = config.policy.connector(config.policy.pams.connector);
  const auto all = doctor::checks();
  const auto relay = std::ranges::find(all, "relay", &doctor::Check::id);
  if (connector == nullptr || relay == all.end()) return "not asked: there is no connector for flagged mail";
  const mta::Postfix unused(config.settings.postfix_config);
  const auto finding = (*relay)->run({config, *connector, unused});
  return finding.status == doctor::CheckStatus::Ok ? "" : finding.seen;
}

}  // namespace

control::StatusReport StatusReporter::report() {
  const auto [services, loaded, refused] = reloader_->current();
  const auto& config = *services->config;
  const auto counts = session::counts();
  control::StatusReport report;
  report.version = PAMS_VERSION;
  report.user = own_user();
  report.listen = config.settings.listen.for_libmilter();
  report.started = text_of(started_);
  report.pid = ::getpid();
  report.uptime = std::chrono::floor<std::chrono::seconds>(system_clock::now() - started_).count();
  report.connections = counts.connections;
  report.messages = counts.messages;
  report.config_file = config.settings.file;
  report.loaded = text_of(loaded);
  report.changed = changes_since_loaded(config.sources);
  report.refused = refused;
  look_at_route(*services, report);
  report.access = access(services->config);
  report.relay_problem = relay_problem(config);
  return report;
}

std::vector<control::Access> StatusReporter::access(const std::shared_ptr<const Config>& config) {
  if (!being_tried_.valid()) {
    std::packaged_task<std::vector<control::Access>()> task([config] { return own_access(*config); });
    being_tried_ = task.get_future();
    std::thread(std::move(task)).detach();
  }
  if (being_tried_.wait_for(kForDisks) == std::future_status::ready) return being_tried_.get();
  return {{"disks", "", "what the milter needs could not be looked at within 10 seconds",
           "look for a disk or a mount that hangs, or a program that holds an archive: dmesg, df", true}};
}

std::string StatusReporter::json() noexcept {
  try {
    try {
      return control::to_json(report());
    } catch (const std::exception& e) {
      log::write(log::exception, {{"reason", e.what()}});
    }
  } catch (...) {  // NOLINT(bugprone-empty-catch): not even memory for a line of the log
  }
  return "";
}

}  // namespace pams::milter::daemon
