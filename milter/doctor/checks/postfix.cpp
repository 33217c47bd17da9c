// Every other check asks Postfix's own tools. When these cannot read its configuration, this one says so
// once.
#include <cerrno>

#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/process.hpp"

namespace pams::milter::doctor {
namespace {

std::optional<Problem> first_denied(const std::vector<std::string>& files) {
  for (const auto& file : files)
    if (auto problem = reading_problem(file); problem && problem->error == EACCES) return problem;
  return std::nullopt;
}

Finding unreadable(const Error& error, const std::string& directory) {
  auto finding = unanswered(error);
  const auto denied = first_denied({directory + "/main.cf", directory + "/master.cf"});
  if (denied) {
    may_not_read(*denied, finding);
  } else if (mta::find_program("postconf").empty()) {
    finding.remedy = "apt-get install postfix postfix-pcre, or set [milter] mta = \"sendmail\"";
  } else if (finding.doubt != Doubt::Late) {  // that one is explained afterwards
    finding.remedy =
        "set [milter] postfix_config to the directory of main.cf and master.cf, or fix what postconf -c " +
        directory + " -M says";
  }
  return finding;
}

Finding run(const Examination& examination) {
  const auto& directory = examination.mta.config_directory();
  const auto version = examination.mta.parameter("mail_version");
  if (!version) return unreadable(version.error(), directory);
  if (const auto services = examination.mta.services(); !services)
    return unreadable(services.error(), directory);
  return ok("Postfix " + *version + " reads its settings in " + directory);
}

}  // namespace

extern constinit const Check postfix{
    .id = "postfix",
    .why = "Nothing is known of the way that mail takes, so flagged mail waits.",
    .guards_routing = true,
    .is_prerequisite = true,
    .run = run,
};

}  // namespace pams::milter::doctor
