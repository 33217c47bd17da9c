// Asks the smart hosts themselves, as `pamsctl connector validate` does, within a few seconds. Sends no mail.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <iterator>

#include <unistd.h>

#include "milter/base/time_text.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/smart_host/password.hpp"
#include "milter/smart_host/smart_host_probe.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

constexpr std::chrono::seconds kTimeout(10);
constexpr std::chrono::days kSoon(14);

std::string own_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

struct StageRemedy {
  std::string_view stage;
  std::string_view remedy;
};

/// What helps where a stage fails; %H is the host, %N its name alone.
constexpr StageRemedy kRemedies[] = {
    {"resolve",
     "getent ahosts %N must answer: look at the name in smart_hosts, and at the DNS server in /etc/resolv.conf"},
    {"connect", "let this machine out to %H: the firewall, or a provider that blocks the port"},
    {"ehlo", "ask who runs %H: it takes no mail from this machine"},
    {"starttls", "a firewall may take STARTTLS away (Cisco: no inspect esmtp); or ask who runs %H"},
    {"tls", "%H must speak TLS 1.2 or newer: ask who runs it"},
    {"chain", "set tls_ca_file to the authorities of %H; for a public one: apt-get install ca-certificates"},
    {"name", "set tls_domain to the name that the certificate of %H carries, if that host is the right one"},
    {"expiry", "ask who runs %H for a new certificate; if it is valid, this machine's clock is wrong"},
    {"size", "set max_message_size to what %H takes"},
    {"auth", "put the right user and password into username and password_file of the connector"},
};

struct Fault {
  std::string seen;  ///< "host expiry: the certificate expired at …"
  std::string remedy;
};

Fault fault_of(const smart_host::SmartHostReport& report, const smart_host::StageReport& stage) {
  Fault fault{report.host + " " + std::string(stage.stage) + ": " + stage.reason, ""};
  const auto* found = std::ranges::find(kRemedies, stage.stage, &StageRemedy::stage);
  if (found == std::end(kRemedies)) return fault;
  fault.remedy = text::replace_all(found->remedy, "%H", report.host);
  fault.remedy = text::replace_all(fault.remedy, "%N", report.host.substr(0, report.host.rfind(':')));
  return fault;
}

/// nullopt when the host could take a message.
std::optional<Fault> fault_of(const smart_host::SmartHostReport& report) {
  for (const auto& stage : report.stages)
    if (stage.status == smart_host::StageStatus::Fail) return fault_of(report, stage);
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

Finding without_password(const rules::OutboundConnector& connector, const Error& error) {
  const auto& path = connector.password_file;
  const auto problem = reading_problem(path);
  if (problem && problem->error == EACCES) {
    auto finding = failed(error.what, "");
    may_not_read(*problem, finding);
    return finding;
  }
  const bool is_missing = problem && problem->error == ENOENT;
  return failed(error.what, is_missing ? "install -o pams-relay -m 600 /dev/null " + path +
                                             ", and write the password into it"
                                       : "chmod 600 " + path + ", and let it hold the password on one line");
}

Finding run(const Examination& examination) {
  const auto& connector = examination.connector;
  const std::string validate = "pamsctl connector validate '" + connector.name + "'";
  auto password = connector.username.empty() ? Result<std::string>("") : smart_host::read_password(connector);
  if (!password) return without_password(connector, password.error());
  const auto reports = smart_host::probe_smart_hosts(
      connector, {own_name(), std::move(password), std::chrono::steady_clock::now() + kTimeout});
  std::size_t able = 0;
  std::optional<Fault> fault;
  std::string seen;
  for (const auto& report : reports) {
    if (report.ok()) {
      ++able;
      seen += (seen.empty() ? "" : "; ") + report.host + " " + expiry_of(report);
    } else if (!fault) {
      fault = fault_of(report);
    }
  }
  const auto told = fault.value_or(Fault{"no smart host answered", ""});
  const auto remedy = told.remedy.empty() ? validate : told.remedy + "; " + validate + " shows each stage";
  if (able == 0) return failed(told.seen, remedy);
  if (able < reports.size()) return warn(told.seen, remedy);
  const bool is_soon =
      std::ranges::any_of(reports, [](const auto& one) { return ends_soon(expiry_of(one)); });
  if (is_soon)
    return warn("a certificate ends within two weeks: " + seen,
                "ask who runs that host for a new one in time");
  return ok(seen);
}

}  // namespace

extern constinit const Check smart_host{
    .id = "smart_host",
    .why = "Flagged mail waits in the queue, and goes back to its sender after days.",
    .stops_flagged_mail = true,
    .only = std::nullopt,
    .run = run,
};

}  // namespace pams::milter::doctor
