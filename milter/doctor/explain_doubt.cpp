#include "milter/doctor/explain_doubt.hpp"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

#include "milter/doctor/account.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/doctor/checks/sendmail_answers.hpp"
#include "milter/mta/postfix/table_name.hpp"

namespace pams::milter::doctor {
namespace {

/// The files of all header and body tables that a cleanup asks.
void add_tables(const Examination& examination, std::vector<std::string>& files) {
  const auto& services = examination.postfix.services();
  const auto& cleanups = examination.postfix.cleanups();
  if (!services || !cleanups) return;
  for (const auto* cleanup : *cleanups) {
    const auto values =
        services->values(*cleanup, {"header_checks", "milter_header_checks", "mime_header_checks",
                                    "nested_header_checks", "body_checks"});
    if (!values) continue;
    for (const auto& [parameter, maps] : *values)
      for (const auto& map : mta::split_list(maps))
        for (const auto& table : mta::tables_of(map))
          if (table.rest.starts_with('/')) files.push_back(table.rest);
  }
}

std::vector<std::string> read_files(const Examination& examination) {
  if (const auto* sendmail = examination.sendmail)
    return {sendmail->cf(), sendmail->mc(), sendmail->feature()};
  const auto& directory = examination.mta.config_directory();
  std::vector<std::string> files{directory + "/main.cf", directory + "/master.cf"};
  add_tables(examination, files);
  return files;
}

/// The first that cannot be opened for this reason.
std::optional<Problem> first_problem(const std::vector<std::string>& files, int error) {
  for (const auto& file : files)
    if (auto problem = reading_problem(file); problem && problem->error == error) return problem;
  return std::nullopt;
}

std::string remedy_for_postfix(const Examination& examination, Finding& finding) {
  const auto& directory = examination.mta.config_directory();
  if (finding.doubt == Doubt::Late)
    return "run pamsctl doctor again; if it stays so, ask by hand what is slow: time postconf -c " +
           directory +
           " -x, time postmap -q x TABLE (a table in LDAP or SQL, or a name that DNS does not answer)";
  if (const auto types = examination.mta.map_types();
      types && std::ranges::find(*types, "pcre") == types->end()) {
    finding.cause = "no pcre";
    return "apt-get install postfix-pcre && postfix reload";
  }
  return "fix what Postfix's tool says there; `postfix -c " + directory + " check` names mistakes, too";
}

std::string remedy_for_sendmail(const mta::Sendmail& sendmail, const Finding& finding) {
  if (access(sendmail.program().c_str(), X_OK) != 0)
    return "set [milter] sendmail_program to Sendmail's program; " + sendmail.program() +
           " cannot be executed";
  if (finding.doubt == Doubt::Late)
    return "run pamsctl doctor again; if it stays so, see how long `echo '3,0 root' | " + sendmail.program() +
           " -bt -C " + sendmail.cf() + "` takes: it may wait for a name that DNS does not answer";
  return kSendmailSetup;
}

}  // namespace

void explain_doubt(const Examination& examination, Finding& finding) {
  const auto files = read_files(examination);
  if (const auto denied = first_problem(files, EACCES)) {
    may_not_read(*denied, finding);
  } else if (const auto missing = first_problem(files, ENOENT)) {
    finding.cause = cause_of(*missing);
    finding.remedy = remedy_for_missing(examination, missing->path);
  } else {
    finding.remedy = examination.sendmail != nullptr ? remedy_for_sendmail(*examination.sendmail, finding)
                                                     : remedy_for_postfix(examination, finding);
  }
}

}  // namespace pams::milter::doctor
