#include <algorithm>

#include "milter/doctor/checks/route_rules.hpp"
#include "milter/routing/postfix_settings.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

Finding run(const Examination& examination) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  const auto inherited = examination.mta.parameter("default_process_limit");
  if (!inherited) return unanswered(inherited.error());
  unsigned processes = 0;
  std::string unlimited;
  for (const auto& connector : examination.config.policy.connectors) {
    const auto* service = services->find(connector.transport, "unix");
    if (service == nullptr) continue;
    const auto limit = routing::process_limit(service->process_limit, *inherited);
    if (limit == 0) unlimited = service->key();
    processes += limit;
  }
  const auto sessions = examination.config.settings.relay.max_sessions;
  const auto remedy = kSetup + std::string(", or raise [relay] max_sessions");
  if (!unlimited.empty())
    return warn(unlimited + " has no process limit, the relay takes " + std::to_string(sessions) +
                    " sessions (max_sessions)",
                remedy);
  if (processes > sessions)
    return warn("Postfix may start " + std::to_string(processes) +
                    " processes that speak to the relay, which takes " + std::to_string(sessions) +
                    " sessions (max_sessions)",
                remedy);
  return ok("the relay's " + std::to_string(sessions) + " sessions are enough for Postfix's " +
            std::to_string(processes) + " processes");
}

}  // namespace

extern constinit const Check relay_sessions{
    .id = "relay_sessions",
    .why = "What finds no session at the relay waits until Postfix's next try.",
    .run = run,
};

}  // namespace pams::milter::doctor
