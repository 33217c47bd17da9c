#include <cerrno>
#include <filesystem>

#include <unistd.h>

#include "milter/doctor/account.hpp"
#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

/// SQLite makes files beside the database, so the directory must be writable too.
std::optional<Problem> trace_problem(const std::string& path) {
  if (auto problem = writing_problem(std::filesystem::path(path).parent_path().string())) return problem;
  for (const auto* suffix : {"", "-wal", "-shm"})
    if (const auto file = path + suffix; access(file.c_str(), R_OK | W_OK) != 0 && errno != ENOENT)
      return Problem{errno, file};
  return std::nullopt;
}

Finding run(const Examination& examination) {
  const auto& path = examination.config.settings.trace.path;
  const auto account = milter_account(examination);
  if (!account) return no_account(account.error());
  const auto tried = attempt_as(*account, [&] { return trace_problem(path); });
  if (tried.doubt != Doubt::None) return not_attempted(tried);
  if (!tried.problem) return ok("user " + account->name + " can write " + path);
  const bool is_file = tried.problem->path.starts_with(path);
  auto finding =
      failed("user " + account->name + " cannot write " + tried.problem->text(),
             remedy_for(*tried.problem, *account, is_file ? Wanted::WriteFile : Wanted::WriteDirectory));
  finding.cause = cause_of(*tried.problem);
  return finding;
}

}  // namespace

extern constinit const Check trace{
    .id = "trace",
    .why = "Nobody could say later what became of a message.",
    .only = std::nullopt,
    .run = run,
};

}  // namespace pams::milter::doctor
