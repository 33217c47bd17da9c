#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

Finding run(const Examination& examination) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  const auto& cleanups = examination.postfix.cleanups();
  if (!cleanups) return unanswered(cleanups.error());
  if (cleanups->empty()) return failed("no listener has a cleanup service in master.cf", kSetup);
  for (const auto* cleanup : *cleanups) {
    const auto maps = services->value(*cleanup, "milter_header_checks");
    if (!maps) return unanswered(maps.error());
    if (maps->empty())
      return failed(cleanup->key() + ": milter_header_checks is empty",
                    setup_without_override(*services, *cleanup, "milter_header_checks"));
    const auto fault = sealed_fault(examination, *services, *maps);
    if (!fault) return unanswered(fault.error());
    if (*fault)
      return failed(cleanup->key() + ": " + **fault,
                    setup_without_override(*services, *cleanup, "milter_header_checks"));
  }
  return ok("what is sealed goes to " + examination.connector.transport + ", and there to the relay");
}

}  // namespace

extern constinit const Check milter_header_checks{
    .id = "milter_header_checks",
    .why = "What is sealed would not go to the relay: people would get a message that they cannot read.",
    .guards_routing = true,
    .run = run,
};

}  // namespace pams::milter::doctor
