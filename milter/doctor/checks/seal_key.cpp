#include <cerrno>
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/time_text.hpp"
#include "milter/doctor/account.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/seal/key_ring.hpp"

namespace pams::milter::doctor {
namespace {

std::string day_of(std::chrono::sys_seconds time) {
  return iso8601_date(std::chrono::floor<std::chrono::days>(time));
}

/// The two programs that need the key.
struct Program {
  std::string name;
  const Result<Account>& account;
};

/// What systemd hands to a unit by LoadCredential is a copy, made when the program started.
Finding examine_copy(const Program& program, const std::string& copy, const std::string& newest) {
  const auto ring = seal::KeyRing::read(copy);
  if (!ring) return failed(program.name + ": " + ring.error().what, "systemctl restart " + program.name);
  if (ring->current().id() == newest) return ok("");
  return failed(
      program.name + " still has " + ring->current().id() + " as its newest key, the file has " + newest,
      "systemctl restart " + program.name);
}

std::string remedy_for(const Program& program, const std::string& path) {
  if (program.name == "pams-milter")
    return "chown " + program.account->name + " " + path + " && chmod 600 " + path;
  const auto directory = "/etc/systemd/system/" + program.name + ".service.d";
  return "mkdir -p " + directory +
         " && printf '[Service]\\nLoadCredential=" + std::filesystem::path(path).filename().string() + ":" +
         path + "\\n' > " + directory + "/seal-key.conf && systemctl daemon-reload && systemctl restart " +
         program.name;
}

std::string setup_of(const Examination& examination) {
  return examination.config.settings.mta == MtaKind::Sendmail ? "pamsctl setup sendmail --apply"
                                                              : "pamsctl setup postfix --apply";
}

/// Why there is no key, asked of the file itself.
Finding without_ring(const Examination& examination, const Error& error) {
  const auto& path = examination.config.settings.seal_key_file;
  auto finding = failed(error.what, "");
  const auto problem = reading_problem(path);
  struct stat status {};
  if (problem && problem->error == EACCES) {
    may_not_read(*problem, finding);
    const auto account = milter_account(examination);
    if (!problem->is_above && account)
      finding.remedy = "chown " + account->name + " " + path + " && chmod 600 " + path;
  } else if (problem && problem->error == ENOENT) {
    finding.remedy = setup_of(examination) + " makes a new one; where sealed mail waits, restore " + path +
                     " from a backup first: nothing else opens it";
  } else if (stat(path.c_str(), &status) == 0 && (status.st_mode & 027U) != 0) {
    finding.remedy = "chmod 600 " + path + " && pamsctl seal rotate, for somebody may have read it";
  } else {
    finding.remedy = "restore " + path + " from a backup; without one: mv " + path + " " + path +
                     ".damaged && " + setup_of(examination) +
                     ", and what is sealed with the old key stays sealed";
  }
  return finding;
}

/// Root can read every file, so root asks on behalf of the program.
Finding examine_file(const Program& program, const std::string& path) {
  const auto tried = attempt_as(*program.account, [&path] { return reading_problem(path); });
  if (tried.doubt != Doubt::None) return not_attempted(tried);
  if (!tried.problem) return ok("");
  const auto& problem = *tried.problem;
  return failed(
      program.name + ": user " + program.account->name + " cannot read " + problem.text(),
      problem.is_above ? remedy_for(problem, *program.account, Wanted::ReadFile) : remedy_for(program, path));
}

/// A program that reads the file itself notices when it changes: it has the same keys as everybody.
Finding examine(const Program& program, const std::string& path, const std::string& newest) {
  if (!program.account || geteuid() != 0) return ok("");  // this user sees nothing, or its own view alone
  const auto& directory = program.account->credentials;
  const auto copy = directory + "/" + std::filesystem::path(path).filename().string();
  std::error_code error;
  if (!directory.empty() && std::filesystem::exists(copy, error)) return examine_copy(program, copy, newest);
  return examine_file(program, path);
}

/// Milter and relay as they run here; the daemon asks for nobody else.
Finding examine_programs(const Examination& examination, const std::string& newest) {
  if (examination.accounts == nullptr) return ok("");
  const auto& path = examination.config.settings.seal_key_file;
  for (const auto& program : {Program{"pams-milter", examination.accounts->milter},
                              Program{"pams-relay", examination.accounts->relay}})
    if (auto finding = examine(program, path, newest); finding.status != CheckStatus::Ok) return finding;
  return ok("");
}

Finding run(const Examination& examination) {
  const auto& path = examination.config.settings.seal_key_file;
  const auto ring = seal::KeyRing::read(path);
  if (!ring) return without_ring(examination, ring.error());
  if (auto finding = examine_programs(examination, ring->current().id()); finding.status != CheckStatus::Ok)
    return finding;
  const auto& keys = ring->keys();
  auto seen = "sealed with " + ring->current().id() + " of " + day_of(ring->current().created);
  if (keys.size() > 1)
    seen += "; " + std::to_string(keys.size() - 1) + " older, the oldest of " + day_of(keys.back().created);
  return ok(seen);
}

}  // namespace

extern constinit const Check seal_key{
    .id = "seal_key",
    .why = "Without the key nothing can be sealed, and nothing that is sealed be sent.",
    .guards_routing = true,
    .only = std::nullopt,
    .run = run,
};

}  // namespace pams::milter::doctor
