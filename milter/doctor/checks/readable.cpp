#include <cerrno>
#include <cstring>

#include <fcntl.h>

#include "milter/base/fd.hpp"
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

std::string first_unreadable(const std::vector<std::string>& files) {
  for (const auto& file : files)
    if (const Fd opened(open(file.c_str(), O_RDONLY | O_CLOEXEC)); !opened)
      return file + ": " + std::strerror(errno);
  return "";
}

Finding run(const Examination& examination) {
  const auto account = milter_account(examination);
  if (!account) return warn(account.error().what, "useradd --system pams-milter");
  const auto files = needed_files(examination);
  const auto problem = attempt_as(*account, [&] { return first_unreadable(files); });
  if (!problem) return unanswered(problem.error());
  if (problem->empty())
    return ok("user " + account->name + " can read all " + std::to_string(files.size()) + " files");
  const auto file = problem->substr(0, problem->find(": "));
  return failed("user " + account->name + " cannot read " + *problem,
                "chgrp " + std::to_string(account->group) + " " + file + " && chmod g+r " + file +
                    "; the directories above it must let that group pass (chmod g+x)");
}

}  // namespace

extern constinit const Check readable{
    .id = "readable",
    .why = "The milter itself checks the routing: what it cannot read makes flagged mail wait.",
    .run = run,
};

}  // namespace pams::milter::doctor
