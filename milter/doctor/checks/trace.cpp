#include <cerrno>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include "milter/doctor/account.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/trace/trace_state.hpp"
#include "milter/trace/trace_text.hpp"

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

/// The running milter knows what is not seen from here: its sandbox, a disk that is full.
Finding what_the_writer_says(const std::string& user, const std::string& path) {
  const auto state = trace::read_state(path);
  if (!state) return warn(state.error().what, "run pamsctl doctor as root");
  if (!state->store) return ok("user " + user + " can write " + path);
  return failed("pams-milter cannot write the trace since " + trace::shown_time(state->store->since) + ": " +
                    state->store->reason,
                trace::remedy_for(state->store->reason).value_or("systemctl restart pams-milter"));
}

Finding run(const Examination& examination) {
  const auto& path = examination.config.settings.trace.path;
  const auto account = milter_account(examination);
  if (!account) return warn(account.error().what, "useradd --system pams-milter");
  const auto problem = attempt_as(*account, [&] { return write_error(path); });
  if (!problem) return unanswered(problem.error());
  if (problem->empty()) return what_the_writer_says(account->name, path);
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
