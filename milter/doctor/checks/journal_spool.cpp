#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include "milter/doctor/account.hpp"
#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::hours kLate(1);

/// What the milter's user finds there: "" or what is wrong, beginning with "late" when only the MTA is slow.
std::string spool_error(const std::string& path) {
  if (access(path.c_str(), R_OK | W_OK | X_OK) != 0) return path + ": " + std::strerror(errno);
  const fs::path waiting = path + "/waiting";
  if (!fs::exists(waiting)) return "";
  std::size_t late = 0;
  for (const auto& report : fs::directory_iterator(waiting))
    if (report.path().extension() == ".report" &&
        report.last_write_time() < fs::file_time_type::clock::now() - kLate)
      ++late;
  return late == 0 ? "" : "late: " + std::to_string(late) + " journal reports wait for more than an hour";
}

Finding run(const Examination& examination) {
  const auto& journal = examination.config.policy.journal;
  if (journal.rules.empty()) return ok("no journal rule is configured");
  const auto account = milter_account(examination);
  if (!account) return warn(account.error().what, "useradd --system pams-milter");
  const auto problem = attempt_as(*account, [&] { return spool_error(journal.path); });
  if (!problem) return unanswered(problem.error());
  if (problem->empty())
    return ok("user " + account->name + " can write " + journal.path + ", and no report is late");
  if (problem->starts_with("late")) return warn(*problem, "journalctl -u pams-milter -g journal");
  return failed("user " + account->name + " cannot use the spool: " + *problem,
                "install -d -m 700 -o " + account->name + " " + journal.path + " && chown -R " +
                    account->name + " " + journal.path);
}

}  // namespace

extern constinit const Check journal_spool{
    .id = "journal_spool",
    .why = "Mail that must be journaled is answered 451, or its reports do not arrive.",
    .only = std::nullopt,
    .run = run,
};

}  // namespace pams::milter::doctor
