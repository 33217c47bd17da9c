#include "milter/ctl/connector/running.hpp"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

#include "milter/base/unix_socket.hpp"
#include "milter/control/control_socket.hpp"
#include "milter/control/status_report.hpp"
#include "milter/doctor/check.hpp"
#include "milter/mta/postfix/postfix.hpp"
#include "milter/mta/process.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl {
namespace {

/// The milter answers 451 to a flagged message, or does not answer at all.
std::optional<std::string> missing_milter(const Config& config, std::chrono::seconds timeout) {
  const auto report =
      control::ask_for_status(control::control_socket_path(), timeout).and_then([](const std::string& json) {
        return control::read_status_report(json);
      });
  if (report) {
    const auto reasons = report->why_mail_waits();
    return reasons.empty() ? std::nullopt : std::optional(reasons.front());
  }
  if (report.error().failure != Failure::Misconfigured)
    return std::nullopt;  // it runs, and this user may not ask
  const auto& path = config.settings.listen.unix_path;
  const int error = path.empty() ? ECONNREFUSED : try_to_connect(path);
  if (error == 0 || error == EACCES || error == EAGAIN) return std::nullopt;
  return report.error().what + "; start it: systemctl start pams-milter";
}

/// Only root may ask Postfix's master; postqueue needs it for everybody else.
std::optional<std::string> missing_postfix(const std::string& directory, std::chrono::seconds timeout) {
  const bool is_root = geteuid() == 0;
  const auto program = mta::find_program(is_root ? "postfix" : "postqueue");
  if (program.empty()) return "Postfix is not installed";
  const auto asked =
      mta::run_process({program, "-c", directory, is_root ? "status" : "-p"},
                       {"MAIL_CONFIG=" + directory, "PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, timeout);
  if (!asked) return asked.error().what;
  if (asked->exit_code == 0) return std::nullopt;
  const auto said = text::trim(asked->errors.empty() ? asked->output : asked->errors);
  return "Postfix does not run (" + text::printable(said) + "); start it: postfix start";
}

std::optional<std::string> missing_relay(const Config& config, const rules::OutboundConnector& connector) {
  const auto all = doctor::checks();
  const auto relay = std::ranges::find(all, "relay", &doctor::Check::id);
  const mta::Postfix unused(config.settings.postfix_config);
  const auto finding = (*relay)->run({config, connector, unused});
  if (finding.status == doctor::CheckStatus::Ok || finding.doubt == doctor::Doubt::NotAllowed)
    return std::nullopt;
  return "pams-relay does not answer: " + finding.seen + "; start it: " + finding.remedy;
}

}  // namespace

std::optional<std::string> what_is_missing(const Config& config, const rules::OutboundConnector& connector,
                                           std::chrono::seconds timeout) {
  if (auto milter = missing_milter(config, timeout)) return milter;
  if (auto postfix = missing_postfix(config.settings.postfix_config, timeout)) return postfix;
  return missing_relay(config, connector);
}

}  // namespace pams::milter::ctl
