#include <algorithm>

#include "milter/connector/postfix_settings.hpp"
#include "milter/connector/route.hpp"
#include "milter/doctor/route_rules.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

/// A pattern of smtp_tls_secure_cert_match that lets in no other name than the wanted ones. "nexthop" is
/// fine when the smart hosts' own names are wanted; hostname, dot-nexthop and .domain let in more.
bool is_tight(const std::string& pattern, const rules::OutboundConnector& connector) {
  const auto wanted = certificate_names(connector);
  const auto is_wanted = [&](const std::string& name) {
    return std::ranges::any_of(wanted, [&](const std::string& one) { return text::iequals(one, name); });
  };
  if (pattern != "nexthop") return is_wanted(pattern);
  return std::ranges::all_of(connector.smart_hosts,
                             [&](const rules::SmartHost& host) { return is_wanted(host.name); });
}

Finding run(const Examination& examination) {
  const auto gateway = Gateway::read(examination.mta);
  if (!gateway) return unanswered(gateway.error());
  const auto& connector = examination.connector;
  const auto* service = gateway->find(connector.transport, "unix");
  if (service == nullptr) return failed(connector.transport + "/unix is not in master.cf", kSetup);
  const auto match = gateway->value(*service, "smtp_tls_secure_cert_match");
  if (!match) return unanswered(match.error());
  const auto patterns = split_list(text::replace_all(*match, ":", ","));
  if (patterns.empty()) return failed("no certificate name is demanded of the smart host", kSetup);
  for (const auto& pattern : patterns)
    if (!is_tight(pattern, connector))
      return failed("the certificate may also carry '" + pattern + "'; wanted is " +
                        text::join(certificate_names(connector), ", "),
                    kSetup);
  return ok(route_target(connector) + " must show a certificate for " + *match);
}

}  // namespace

extern const Check nexthop;
const Check nexthop{"nexthop", "Another host with a valid certificate of its own would receive the message.",
                    true, run};

}  // namespace pams::milter::doctor
