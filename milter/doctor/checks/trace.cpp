#include <cerrno>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include "milter/doctor/account.hpp"
#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

/// SQLite makes files beside the database, so the folder must be writable too.
std::string writing_trouble(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path().string();
  if (access(folder.c_str(), W_OK | X_OK) != 0) return folder + ": " + std::strerror(errno);
  for (const auto* suffix : {"", "-wal", "-shm"})
    if (const auto file = path + suffix; access(file.c_str(), R_OK | W_OK) != 0 && errno != ENOENT)
      return file + ": " + std::strerror(errno);
  return "";
}

Finding run(const Examination& examination) {
  const auto& path = examination.config.settings.trace.path;
  const auto account = milter_account(examination);
  if (!account) return warn(account.error().what, "useradd --system pams-milter");
  const auto trouble = attempt_as(*account, [&] { return writing_trouble(path); });
  if (!trouble) return unanswered(trouble.error());
  if (trouble->empty()) return ok("user " + account->name + " can write " + path);
  return failed("user " + account->name + " cannot write " + *trouble,
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
