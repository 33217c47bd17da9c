#include "milter/doctor/checks/route_rules.hpp"
#include "milter/routing/journal_listener.hpp"

namespace pams::milter::doctor {
namespace {

/// Inbound listeners may go without the guard rules. Not pickup: `postsuper -r` brings every message in
/// there; and not the journal's: the guard rules carry reports of flagged mail to the relay.
Result<bool> may_go_without(const Config& config, const mta::PostfixServices& services,
                            const mta::Service& listener) {
  if (listener.command == "pickup" || routing::is_journal_listener(config, listener)) return false;
  return services.cleanup_of(listener).map([](const mta::Service* cleanup) {
    return cleanup != nullptr && cleanup->name == setup::kInboundCleanup;
  });
}

Finding run(const Examination& examination) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  std::size_t guarded = 0;
  for (const auto* listener : services->listeners()) {
    const auto exempt = may_go_without(examination.config, *services, *listener);
    if (!exempt) return unanswered(exempt.error());
    if (*exempt) continue;
    const auto fault = guard_fault(examination, *services, *listener);
    if (!fault) return unanswered(fault.error());
    if (*fault) return failed(listener->key() + ": " + **fault, kSetup);
    ++guarded;
  }
  if (guarded == 0) return failed("no listener has the guard rules", kSetup);
  return ok(std::to_string(guarded) + " listeners have the guard rules, and requeued mail finds its way");
}

}  // namespace

extern constinit const Check header_checks{
    .id = "header_checks",
    .why =
        "A flagged message that no milter saw would leave in clear, and a sealed one that is requeued, unread.",
    .guards_routing = true,
    .run = run,
};

}  // namespace pams::milter::doctor
