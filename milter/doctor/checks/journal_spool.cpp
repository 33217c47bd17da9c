#include <chrono>
#include <filesystem>

#include "milter/doctor/account.hpp"
#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::hours kLate(1);

/// How many reports wait for more than an hour.
std::size_t late_reports(const std::string& path) {
  const fs::path waiting = path + "/waiting";
  std::error_code error;
  std::size_t late = 0;
  for (const auto& report : fs::directory_iterator(waiting, error))
    if (report.path().extension() == ".report" &&
        report.last_write_time(error) < fs::file_time_type::clock::now() - kLate)
      ++late;
  return late;
}

/// Number 0: the spool is in order, and the MTA is slow.
std::optional<Problem> spool_problem(const std::string& path) {
  if (auto problem = writing_problem(path)) return problem;
  const auto late = late_reports(path);
  if (late == 0) return std::nullopt;
  return Problem{.path = path, .what = std::to_string(late) + " journal reports wait for more than an hour"};
}

Finding run(const Examination& examination) {
  const auto& journal = examination.config.policy.journal;
  if (journal.rules.empty()) return ok("no journal rule is configured");
  const auto account = milter_account(examination);
  if (!account) return no_account(account.error());
  const auto tried = attempt_as(*account, [&] { return spool_problem(journal.path); });
  if (tried.doubt != Doubt::None) return not_attempted(tried);
  if (!tried.problem)
    return ok("user " + account->name + " can write " + journal.path + ", and no report is late");
  if (tried.problem->error == 0) return warn(tried.problem->text(), "journalctl -u pams-milter -g journal");
  auto finding = failed("user " + account->name + " cannot use the spool: " + tried.problem->text(),
                        remedy_for(*tried.problem, *account, Wanted::WriteDirectory));
  finding.cause = cause_of(*tried.problem);
  return finding;
}

}  // namespace

extern constinit const Check journal_spool{
    .id = "journal_spool",
    .why = "Mail that must be journaled is answered 451, or its reports do not arrive.",
    .only = std::nullopt,
    .run = run,
};

}  // namespace pams::milter::doctor
