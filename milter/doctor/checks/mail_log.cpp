#include <cerrno>
#include <cstring>

#include <unistd.h>

#include "milter/doctor/account.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/process.hpp"
#include "milter/trace/trace_state.hpp"
#include "milter/trace/trace_text.hpp"

namespace pams::milter::doctor {
namespace {

/// journalctl shows a user without the right group its own lines only, and says so.
std::string journal_error() {
  const auto program = mta::find_program("journalctl");
  if (program.empty()) return "journalctl is not installed";
  const auto asked = mta::run_process({program, "-q", "-n", "1", "-o", "cat", "--facility=mail"},
                                      {"LC_ALL=C"}, std::chrono::seconds(5));
  if (!asked) return asked.error().what;
  if (asked->exit_code != 0 || asked->output.empty())
    return "journalctl shows no line of the mail facility " + asked->errors;
  return "";
}

std::string read_error(const std::string& log) {
  if (log == "journal") return journal_error();
  return access(log.c_str(), R_OK) == 0 ? "" : log + ": " + std::strerror(errno);
}

/// The running milter's own reason: a group that it got after it was started, its sandbox.
std::optional<Finding> what_the_trace_says(const std::string& trace_path) {
  const auto state = trace::read_state(trace_path);
  if (!state || !state->log) return std::nullopt;
  return failed("pams-milter cannot read the MTA's log since " + trace::shown_time(state->log->since) + ": " +
                    state->log->reason,
                trace::remedy_for(state->log->reason).value_or("systemctl restart pams-milter"));
}

Finding run(const Examination& examination) {
  const auto& log = examination.config.settings.trace.mail_log;
  if (log.empty()) return warn("[trace] mail_log is not set", "set [trace] mail_log = \"/var/log/mail.log\"");
  const auto account = milter_account(examination);
  if (!account) return warn(account.error().what, "useradd --system pams-milter");
  const auto problem = attempt_as(*account, [&] { return read_error(log); });
  if (!problem) return unanswered(problem.error());
  if (!problem->empty())
    return failed("user " + account->name + " cannot read the MTA's log: " + *problem,
                  "usermod -a -G " + std::string(log == "journal" ? "systemd-journal " : "adm ") +
                      account->name + " && systemctl restart pams-milter");
  if (const auto told = what_the_trace_says(examination.config.settings.trace.path)) return *told;
  const auto own = examination.mta.parameter("maillog_file");
  if (own && !own->empty() && own->starts_with('/') && *own != log)
    return warn("Postfix logs to " + *own + ", and mail_log is " + log,
                "set [trace] mail_log = \"" + *own + "\"");
  return ok("user " + account->name + " can read " + log);
}

}  // namespace

extern constinit const Check mail_log{
    .id = "mail_log",
    .why = "The trace would not learn whether a message was delivered.",
    .run = run,
};

}  // namespace pams::milter::doctor
