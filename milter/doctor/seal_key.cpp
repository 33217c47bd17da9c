#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "milter/base/fd.hpp"
#include "milter/doctor/account.hpp"
#include "milter/doctor/route_rules.hpp"
#include "milter/seal/key_ring.hpp"

namespace pams::milter::doctor {
namespace {

std::string day_of(std::chrono::sys_seconds time) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  std::array<char, 32> text{};
  static_cast<void>(std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(day.year()),
                                  static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day())));
  return text.data();
}

/// What systemd hands to the unit by LoadCredential is readable, whoever owns the file.
bool is_credential(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(
      "/run/credentials/pams-milter.service" / std::filesystem::path(path).filename(), error);
}

/// Root can read every file, so root asks on behalf of the milter; the milter asks for itself. nullopt: it
/// can.
std::optional<Finding> unreadable_for_milter(const Settings& settings) {
  const auto& path = settings.seal_key_file;
  if (geteuid() != 0 || is_credential(path)) return std::nullopt;
  const auto account = milter_account(settings);
  if (!account || account->user == 0) return std::nullopt;
  const auto trouble = attempt_as(*account, [&path] {
    return Fd(open(path.c_str(), O_RDONLY | O_CLOEXEC)) ? std::string() : std::string(std::strerror(errno));
  });
  if (!trouble) return unanswered(trouble.error());
  if (trouble->empty()) return std::nullopt;
  return failed("user " + account->name + " cannot read " + path + ": " + *trouble,
                "chown " + account->name + " " + path + " && chmod 600 " + path);
}

Finding run(const Examination& examination) {
  const auto& path = examination.config.settings.seal_key_file;
  const auto ring = seal::KeyRing::read(path);
  if (!ring) {
    auto finding = unanswered(ring.error());
    finding.remedy = finding.unseen
                         ? "chown it to the milter's user, mode 600: " + path
                         : "pamsctl setup makes a missing one; a lost one comes from a backup only";
    return finding;
  }
  if (auto finding = unreadable_for_milter(examination.config.settings)) return *std::move(finding);
  const auto& keys = ring->keys();
  auto seen = "sealed with " + ring->current().id() + " of " + day_of(ring->current().created);
  if (keys.size() > 1)
    seen += "; " + std::to_string(keys.size() - 1) + " older, the oldest of " + day_of(keys.back().created);
  return ok(seen);
}

}  // namespace

extern const Check seal_key;
const Check seal_key{"seal_key", "Without the key nothing can be sealed, and nothing that is sealed be sent.",
                     true, run, std::nullopt};

}  // namespace pams::milter::doctor
