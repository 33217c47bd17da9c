// Where the trace learns how a message ended: a file that syslog or Postfix's own postlogd writes, or
// journald. Debian 12 installs no rsyslog: then there is no /var/log/mail.log, and the lines are in the
// journal alone.
#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/parse_number.hpp"
#include "milter/doctor/account.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/process.hpp"
#include "milter/trace/trace_state.hpp"
#include "milter/trace/trace_text.hpp"

namespace pams::milter::doctor {
namespace {

constexpr long kMuchLater = 300;  // seconds

/// The newest line of the mail facility that this user sees in the journal, "SECONDS.MICROSECONDS host …".
/// journalctl shows a user without the right group its own lines only.
Result<std::string> newest_line() {
  const auto program = mta::find_program("journalctl");
  if (program.empty()) return fail(Failure::Misconfigured, "journalctl is not installed");
  const auto asked = mta::run_process({program, "-q", "-n", "1", "-o", "short-unix", "--facility=mail"},
                                      {"LC_ALL=C"}, std::chrono::seconds(5));
  if (!asked) return tl::unexpected(asked.error());
  if (asked->exit_code != 0 || asked->output.empty())
    return fail(Failure::Misconfigured, "journalctl shows no line of the mail facility " + asked->errors);
  return asked->output;
}

/// When the journal got its newest line of the mail facility; 0 when it has none that this process sees.
long newest_in_journal() {
  const auto line = newest_line();
  return line ? leading_number<long>(*line).value_or(0) : 0;
}

bool has_journal() { return access("/run/systemd/journal/socket", F_OK) == 0; }

std::optional<Problem> log_problem(const std::string& log) {
  if (log != "journal") return reading_problem(log);
  const auto line = newest_line();
  if (line) return std::nullopt;
  return Problem{.path = "journal", .what = line.error().what};
}

/// The lines to write, and what makes them hold.
std::string use_journal(const Examination& examination, const Account& account) {
  return "write mail_log = \"journal\" below [trace] in " + examination.config.settings.file +
         ", then: usermod -a -G systemd-journal " + account.name + " && systemctl restart pams-milter";
}

std::string use_file(const Examination& examination, const std::string& file) {
  return "write mail_log = \"" + file + "\" below [trace] in " + examination.config.settings.file +
         ", then: systemctl reload pams-milter";
}

std::string own_log(const Examination& examination) {
  return examination.mta.parameter("maillog_file").value_or("");
}

/// postlogd(8) makes the file anew with mode 0600 after each `postfix logrotate`, so no chmod lasts.
/// maillog_file_permissions is Postfix 3.9's.
std::string remedy_for_own_log(const Examination& examination, const Account& account) {
  const auto known = examination.mta.parameters({"maillog_file_permissions"}, {});
  if (known && known->contains("maillog_file_permissions"))
    return "postconf -e maillog_file_permissions=0644 && postfix reload && postfix logrotate";
  const auto let_syslog_write = std::string("postconf -X maillog_file && postfix reload; ");
  if (has_journal()) return let_syslog_write + use_journal(examination, account);
  return "apt-get install rsyslog && " + let_syslog_write + use_file(examination, "/var/log/mail.log");
}

std::string remedy_for_journal() {
  return newest_in_journal() > 0
             ? ""
             : "send a message, then run pamsctl doctor again; if it stays so: systemctl status systemd-journald";
}

/// The group that may read the log, or adm, Debian's, when only root may.
std::string remedy_for_rights(const Problem& problem, const Account& account) {
  struct stat status {};
  const bool is_groups = !problem.is_above && stat(problem.path.c_str(), &status) == 0 &&
                         (status.st_mode & S_IRGRP) != 0 && status.st_gid != 0;
  const auto join = "usermod -a -G " + (is_groups ? group_name(status.st_gid) : std::string("adm")) + " " +
                    account.name + " && systemctl restart pams-milter";
  if (is_groups || problem.is_above)
    return problem.is_above ? remedy_for(problem, account, Wanted::ReadFile) : join;
  return "chgrp adm " + problem.path + " && chmod 640 " + problem.path + " && " + join +
         "; and `create 640 root adm` for it in /etc/logrotate.d";
}

std::string remedy_for_file(const Examination& examination, const Account& account, const Problem& problem) {
  const auto& log = examination.config.settings.trace.mail_log;
  if (problem.error == EACCES || problem.error == EPERM)
    return own_log(examination) == log && !problem.is_above ? remedy_for_own_log(examination, account)
                                                            : remedy_for_rights(problem, account);
  if (problem.error != ENOENT) return remedy_for(problem, account, Wanted::ReadFile);
  const auto own = own_log(examination);
  if (own == log) return "postfix start, which makes " + log;
  if (own.starts_with('/') && std::filesystem::is_regular_file(own)) return use_file(examination, own);
  if (has_journal()) return use_journal(examination, account);
  return "apt-get install rsyslog, which writes /var/log/mail.log, and postfix reload";
}

std::string remedy_for(const Examination& examination, const Account& account, const Problem& problem) {
  if (examination.config.settings.trace.mail_log != "journal")
    return remedy_for_file(examination, account, problem);
  if (const auto remedy = remedy_for_journal(); !remedy.empty()) return remedy;
  return "usermod -a -G systemd-journal " + account.name + " && systemctl restart pams-milter";
}

/// A file that can be read, and to which nobody writes any more.
Finding examine_writer(const Examination& examination, const Account& account) {
  const auto& log = examination.config.settings.trace.mail_log;
  const auto own = own_log(examination);
  if (own.starts_with("/dev/"))
    return warn("Postfix logs to " + own + ", where nobody can read it again",
                "postconf -e maillog_file=/var/log/postfix.log && postfix reload; " +
                    use_file(examination, "/var/log/postfix.log"));
  if (own.starts_with('/') && own != log)
    return warn("Postfix logs to " + own + ", and mail_log is " + log, use_file(examination, own));
  struct stat status {};
  if (log == "journal" || !own.empty() || stat(log.c_str(), &status) != 0) return ok("");
  if (newest_in_journal() <= status.st_mtim.tv_sec + kMuchLater) return ok("");
  return warn("nothing was written to " + log + " since the journal got newer lines of the mail system",
              use_journal(examination, account));
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
  if (log.empty()) return warn("[trace] mail_log is not set", use_file(examination, "/var/log/mail.log"));
  const auto account = milter_account(examination);
  if (!account) return no_account(account.error());
  const auto tried = attempt_as(*account, [&] { return log_problem(log); });
  if (tried.doubt != Doubt::None) return not_attempted(tried);
  if (tried.problem)
    return failed("user " + account->name + " cannot read the MTA's log: " + tried.problem->text(),
                  remedy_for(examination, *account, *tried.problem));
  if (const auto told = what_the_trace_says(examination.config.settings.trace.path)) return *told;
  if (auto finding = examine_writer(examination, *account); finding.status != CheckStatus::Ok) return finding;
  return ok("user " + account->name + " can read " + log);
}

}  // namespace

extern constinit const Check mail_log{
    .id = "mail_log",
    .why = "The trace would not learn whether a message was delivered.",
    .run = run,
};

}  // namespace pams::milter::doctor
