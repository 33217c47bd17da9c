#include "milter/archive/directory_archive.hpp"
#include "milter/doctor/account.hpp"
#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

Finding examine(const ArchiveSettings& settings, const Account& account) {
  const auto problem = attempt_as(account, [&] {
    const auto tried = archive::DirectoryArchive(settings).check();
    return tried ? std::string() : tried.error().what;
  });
  if (!problem) return unanswered(problem.error());
  if (problem->empty()) return ok("");
  return failed("archive " + settings.name + ", as user " + account.name + ": " + *problem,
                "install -d -m 700 -o " + account.name + " -g " + std::to_string(account.group) + " " +
                    settings.path + " && chown -R " + account.name + " " + settings.path);
}

Finding run(const Examination& examination) {
  const auto& archives = examination.config.settings.archives;
  if (archives.empty()) return ok("no archive is configured");
  const auto account = milter_account(examination);
  if (!account) return warn(account.error().what, "useradd --system pams-milter");
  for (const auto& archive : archives)
    if (auto finding = examine(archive, *account); finding.status != CheckStatus::Ok) return finding;
  return ok("user " + account->name + " can write all " + std::to_string(archives.size()) + " archives");
}

}  // namespace

extern constinit const Check archive{
    .id = "archive",
    .why = "A message that a rule archives is answered 451 until the archive takes it.",
    .only = std::nullopt,
    .run = run,
};

}  // namespace pams::milter::doctor
