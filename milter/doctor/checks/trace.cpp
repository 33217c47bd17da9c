#include <cerrno>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include "milter/doctor/account.hpp"
#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

/// SQLite makes files beside the database, so the directory must be writable too.
std::string write_error(const std::string& path) {
  const auto directory = std::filesystem::path(path).parent_path().string();
  if (access(directory.c_str(), W_OK | X_OK) != 0) return directory + ": " + std::strerror(errno);
  for (const auto* suffix : {"", "-wal", "-shm"})
    if (const auto file = path + suffix; access(file.c_str(), R_OK | W_OK) != 0 && errno != ENOENT)
      return file + ": " + std::strerror(errno);
  return "";
}

Finding run(const Examination& examination) {
  const auto& path = examination.config.settings.trace.path;
  const auto account = milter_account(examination);
  if (!account) return warn(account.error().what, "useradd --system pams-milter");
  const auto problem = attempt_as(*account, [&] { return write_error(path); });
  if (!problem) return unanswered(problem.error());
  if (problem->empty()) return ok("user " + account->name + " can write " + path);
  return failed("user " + account->name + " cannot write " + *problem,
                "chown -R " + account->name + " " + std::filesystem::path(path).parent_path().string());
}

}  // namespace

extern constinit const Check trace{
    .id = "trace",
    .why = "Nobody could say later what became of a message.",
    .only = std::nullopt,
    .run = run,
};

}  // namespace pams::milter::doctor
