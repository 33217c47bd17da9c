#include <cerrno>
#include <filesystem>

#include <unistd.h>

#include "milter/doctor/account.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/trace/trace_state.hpp"
#include "milter/trace/trace_text.hpp"

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
  if (!account) return no_account(account.error());
  const auto tried = attempt_as(*account, [&] { return trace_problem(path); });
  if (tried.doubt != Doubt::None) return not_attempted(tried);
  if (!tried.problem) return what_the_writer_says(account->name, path);
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
