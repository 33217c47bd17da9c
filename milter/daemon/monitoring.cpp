#include "milter/daemon/monitoring.hpp"

#include <exception>

#include "milter/log/log.hpp"

namespace pams::milter::daemon {
namespace {

using metrics::Findings;

constexpr const char* kRoute = "route";

trace::Instant time_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::vector<std::string> names_of_rules(const rules::Policy& policy) {
  std::vector<std::string> names;
  for (const auto& rule : policy.rules) names.push_back(rule.name);
  return names;
}

std::vector<metrics::Look> looks_at(const session::Services& services,
                                    const std::shared_ptr<SeenGaps>& gaps) {
  std::vector<metrics::Look> looks{look_at_seal_key(services), look_at_gaps(services, gaps),
                                   look_at_leaks(services), look_at_certificates(services)};
  if (!services.archives.empty()) {
    looks.push_back(look_at_archives(services));
    looks.push_back(look_at_archive_lag(services));
  }
  if (services.journal != nullptr) looks.push_back(look_at_journal(services));
  return looks;
}

Findings route_found(const std::optional<Status>& status) {
  if (!status) return {};
  Findings found{{{&metrics::pams_route_verified, {}, status->has_value() ? 1.0 : 0.0}}, {}};
  if (!*status) found.problems.push_back("route not verified, flagged mail waits: " + status->error().what);
  return found;
}

/// For who must not throw.
void tell(metrics::Looks& looks, const char* name, const std::function<Findings()>& findings) noexcept {
  try {
    looks.tell(name, findings());
  } catch (...) {  // NOLINT(bugprone-empty-catch): no memory; it is told again when it changes
  }
}

}  // namespace

Monitoring::Monitoring() : gaps_(std::make_shared<SeenGaps>(time_now())) {}

Status Monitoring::use(const session::Services& services) {
  try {
    return look_and_serve(services);
  } catch (const std::exception& fault) {  // no thread, no memory: mail goes on
    log::write(log::metrics_unavailable, {{"reason", fault.what()}});
    return fail(Failure::Temporary, fault.what());
  }
}

Status Monitoring::look_and_serve(const session::Services& services) {
  counts_->use_rules(names_of_rules(services.config->policy));
  const auto& listen = services.config->settings.metrics;
  looks_->use(listen ? looks_at(services, gaps_) : std::vector<metrics::Look>());
  return endpoint_.serve_at(listen);
}

void Monitoring::route_is_asked() { looks_->tell(kRoute, {{}, {"route: no answer yet"}}); }

std::function<void(const std::optional<Status>&)> Monitoring::route_teller() const {
  return [looks = looks_](const std::optional<Status>& status) {
    tell(*looks, kRoute, [&] { return route_found(status); });
  };
}

std::function<void(const std::string&)> Monitoring::trace_teller() const {
  return [looks = looks_](const std::string& failure) {
    tell(*looks, "trace writer", [&] {
      return failure.empty() ? Findings() : Findings{{}, {"trace: " + failure}};
    });
  };
}

}  // namespace pams::milter::daemon
