#include <cerrno>
#include <cstring>

#include <unistd.h>

#include "milter/doctor/account.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/process.hpp"

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
