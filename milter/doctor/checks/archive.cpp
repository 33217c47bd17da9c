#include <cerrno>

#include <unistd.h>

#include "milter/archive/directory_archive.hpp"
#include "milter/doctor/account.hpp"
#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

/// The file of an archive, if any, that this user may not change.
std::optional<Problem> file_problem(const std::string& directory) {
  for (const auto* name : {"archive.db", "archive.db-wal", "archive.db-shm", "head", "objects"})
    if (const auto file = directory + "/" + name; access(file.c_str(), R_OK | W_OK) != 0 && errno != ENOENT)
      return Problem{errno, file};
  return std::nullopt;
}

/// The archive is asked first: it makes a directory that is missing. Why it fails is asked of the system.
std::optional<Problem> archive_problem(const ArchiveSettings& settings) {
  const auto tried = archive::DirectoryArchive(settings).check();
  if (tried) return std::nullopt;
  if (auto problem = writing_problem(settings.path)) return problem;
  if (auto problem = file_problem(settings.path)) return problem;
  for (const auto& file : {settings.encrypt_to, settings.checkpoint_key})
    if (!file.empty())
      if (auto problem = reading_problem(file)) return problem;
  return Problem{.path = settings.path, .what = tried.error().what};
}

Wanted wanted_of(const ArchiveSettings& settings, const Problem& problem) {
  const bool is_read = problem.path == settings.encrypt_to || problem.path == settings.checkpoint_key;
  return is_read ? Wanted::ReadFile : Wanted::WriteDirectory;
}

Finding examine(const ArchiveSettings& settings, const Account& account) {
  const auto tried = attempt_as(account, [&] { return archive_problem(settings); });
  if (tried.doubt != Doubt::None) return not_attempted(tried);
  if (!tried.problem) return ok("");
  const auto& problem = *tried.problem;
  auto remedy = remedy_for(problem, account, wanted_of(settings, problem));
  if (remedy.empty()) remedy = "pamsctl archive verify, which names what is damaged";
  auto finding =
      failed("archive " + settings.name + ", as user " + account.name + ": " + problem.text(), remedy);
  finding.cause = cause_of(problem);
  return finding;
}

Finding run(const Examination& examination) {
  const auto& archives = examination.config.settings.archives;
  if (archives.empty()) return ok("no archive is configured");
  const auto account = milter_account(examination);
  if (!account) return no_account(account.error());
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
