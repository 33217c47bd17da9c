// Asks the smart hosts themselves, as `pamsctl connector validate` does, within a few seconds. Sends no mail.
#include <algorithm>
#include <array>
#include <chrono>

#include <unistd.h>

#include "milter/base/time_text.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/smart_host/password.hpp"
#include "milter/smart_host/smart_host_probe.hpp"

namespace pams::milter::doctor {
namespace {

constexpr std::chrono::seconds kTimeout(10);
constexpr std::chrono::days kSoon(14);

std::string own_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

/// "expiry: the certificate expired at …"; nullopt when the host could take a message.
std::optional<std::string> error_of(const smart_host::SmartHostReport& report) {
  for (const auto& stage : report.stages)
    if (stage.status == smart_host::StageStatus::Fail)
      return report.host + " " + std::string(stage.stage) + ": " + stage.reason;
  return std::nullopt;
}

std::string expiry_of(const smart_host::SmartHostReport& report) {
  for (const auto& stage : report.stages)
    if (stage.stage == "expiry" && stage.status == smart_host::StageStatus::Ok) return stage.reason;
  return "";
}

/// ISO 8601 in "valid until 2027-03-01 12:00:00Z": the same as text, as dates sort.
bool ends_soon(const std::string& expiry) {
  const auto soon = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()) + kSoon;
  const auto at = expiry.find("until ");
  return at != std::string::npos && expiry.substr(at + 6, 10) < iso8601_date(soon);
}

Finding run(const Examination& examination) {
  const auto& connector = examination.connector;
  const std::string remedy = "pamsctl connector validate '" + connector.name + "'";
  auto password = connector.username.empty() ? Result<std::string>("") : smart_host::read_password(connector);
  if (!password && password.error().what.find("Permission denied") != std::string::npos)
    return unanswered(password.error());
  const auto reports = smart_host::probe_smart_hosts(
      connector, {own_name(), std::move(password), std::chrono::steady_clock::now() + kTimeout});
  std::size_t able = 0;
  std::optional<std::string> problem;
  std::string seen;
  for (const auto& report : reports) {
    if (report.ok()) {
      ++able;
      seen += (seen.empty() ? "" : "; ") + report.host + " " + expiry_of(report);
    } else if (!problem) {
      problem = error_of(report);
    }
  }
  if (able == 0) return failed(problem.value_or("no smart host answered"), remedy);
  if (able < reports.size()) return warn(problem.value_or(""), remedy);
  const bool is_soon =
      std::ranges::any_of(reports, [](const auto& one) { return ends_soon(expiry_of(one)); });
  if (is_soon) return warn("a certificate ends within two weeks: " + seen, remedy);
  return ok(seen);
}

}  // namespace

extern constinit const Check smart_host{
    .id = "smart_host",
    .why = "Flagged mail waits in the queue, and goes back to its sender after days.",
    .only = std::nullopt,
    .run = run,
};

}  // namespace pams::milter::doctor
