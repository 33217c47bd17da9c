#include "milter/doctor/account.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/routing/postfix_settings.hpp"

namespace pams::milter::doctor {
namespace {

std::vector<std::string> needed_files(const Examination& examination) {
  const auto& settings = examination.config.settings;
  const auto& directory = examination.mta.config_directory();
  std::vector<std::string> files{settings.file, directory + "/main.cf", directory + "/master.cf"};
  for (const auto* table : {routing::kGuardTable, routing::kSealedTable})
    files.push_back(directory + "/" + table);
  std::erase(files, "");
  return files;
}

std::optional<Problem> first_unreadable(const std::vector<std::string>& files) {
  for (const auto& file : files)
    if (auto problem = reading_problem(file)) return problem;
  return std::nullopt;
}

Finding run(const Examination& examination) {
  const auto account = milter_account(examination);
  if (!account) return no_account(account.error());
  const auto files = needed_files(examination);
  const auto tried = attempt_as(*account, [&] { return first_unreadable(files); });
  if (tried.doubt != Doubt::None) return not_attempted(tried);
  if (!tried.problem)
    return ok("user " + account->name + " can read all " + std::to_string(files.size()) + " files");
  auto remedy = remedy_for(*tried.problem, *account, Wanted::ReadFile);
  if (remedy.empty()) remedy = remedy_for_missing(examination, tried.problem->path);
  auto finding = failed("user " + account->name + " cannot read " + tried.problem->text(), remedy);
  finding.cause = cause_of(*tried.problem);
  return finding;
}

}  // namespace

extern constinit const Check readable{
    .id = "readable",
    .why = "The milter itself checks the routing: what it cannot read makes flagged mail wait.",
    .run = run,
};

}  // namespace pams::milter::doctor
