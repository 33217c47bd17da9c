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

/// Setup leaves a listener's own options as they are.
std::string remedy_for(const mta::PostfixServices& services, const mta::Service& listener) {
  const std::string off = "no_header_body_checks";
  if (holds_word(services.value(listener, "receive_override_options").value_or(""), off))
    return remedy_without_option(services, listener, off);
  const auto cleanup = services.cleanup_of(listener);
  return cleanup && *cleanup != nullptr ? setup_without_override(services, **cleanup, "header_checks")
                                        : kSetup;
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
    if (*fault) return failed(listener->key() + ": " + **fault, remedy_for(*services, *listener));
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
