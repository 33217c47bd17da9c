#include <algorithm>

#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/postfix/table_name.hpp"
#include "milter/routing/postfix_settings.hpp"

namespace pams::milter::doctor {
namespace {

bool is_connectors(const Examination& examination, const mta::Service& service) {
  const auto& all = examination.config.policy.connectors;
  return std::ranges::find(all, service.name, &rules::OutboundConnector::transport) != all.end();
}

std::string checks_of(const mta::Service& service) { return service.command + "_header_checks"; }

/// Why the service's first table does not stop flagged mail; nullopt when it does.
Result<std::optional<std::string>> fault(const Examination& examination, const mta::PostfixServices& services,
                                         const mta::Service& service) {
  const auto value = services.value(service, checks_of(service));
  if (!value) return tl::unexpected(value.error());
  const auto lists = mta::split_list(*value);
  const auto tables = lists.empty() ? std::vector<mta::TableName>{} : mta::tables_of(lists.front());
  const auto file = examination.mta.config_directory() + "/" + routing::kSmtpGuardTable;
  if (tables.size() != 2 || !lists.front().starts_with("pipemap:") || tables[0].rest != file ||
      tables[1].type != "fail")
    return service.key() + ": " + checks_of(service) + " does not begin with the last guard rule";
  const auto found = examination.mta.lookup(tables[0].name(), examination.config.policy.pams.header + ": x");
  if (!found) return tl::unexpected(found.error());
  if (*found) return std::nullopt;
  return file + " does not know " + examination.config.policy.pams.header;
}

Finding run(const Examination& examination) {
  if (!routing::has_smtp_guard_rule(examination.config))
    return ok("not used: the header may leave with other mail ([pams] untrusted or zivver_peers)");
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  for (const auto& service : services->services()) {
    const bool is_client = service.command == "smtp" || service.command == "lmtp";
    if (!is_client || is_connectors(examination, service)) continue;
    const auto wrong = fault(examination, *services, service);
    if (!wrong) return unanswered(wrong.error());
    if (!*wrong) continue;
    const auto own = service.key() + "/" + checks_of(service);
    return warn(
        **wrong,
        (services->overrides(service, checks_of(service)) ? "postconf -PX " + own + " && " : "") + kSetup);
  }
  return ok("no other transport sends flagged mail");
}

}  // namespace

extern constinit const Check smtp_header_checks{
    .id = "smtp_header_checks",
    .why = "Where every other guard is gone, flagged mail would leave in clear.",
    .run = run,
};

}  // namespace pams::milter::doctor
