// Every other check asks Postfix's own tools. When these cannot read its configuration, this one says so
// once.
#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

Finding unreadable(const Error& error, const std::string& directory) {
  auto finding = unanswered(error);
  if (!finding.unseen)
    finding.remedy =
        "set [milter] postfix_config to the directory of main.cf and master.cf, or fix what postconf -c " +
        directory + " -M says";
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
