#include "milter/connector/route.hpp"
#include "milter/doctor/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

Finding run(const Examination& examination) {
  const auto gateway = Gateway::read(examination.mta);
  if (!gateway) return unanswered(gateway.error());
  const auto cleanups = gateway->cleanups();
  if (!cleanups) return unanswered(cleanups.error());
  if (cleanups->empty()) return failed("no listener has a cleanup service in master.cf", kSetup);
  const auto action = route_action(examination.connector);
  for (const auto* cleanup : *cleanups) {
    const auto maps = gateway->value(*cleanup, "milter_header_checks");
    if (!maps) return unanswered(maps.error());
    if (maps->empty()) return failed(cleanup->key() + ": milter_header_checks is empty", kSetup);
    const auto fault = deviation(examination.mta, *maps, marker_header(examination), action);
    if (!fault) return unanswered(fault.error());
    if (!fault->empty()) return failed(cleanup->key() + ": " + *fault, kSetup);
  }
  return ok("the route marker becomes " + action);
}

}  // namespace

extern const Check milter_header_checks;
const Check milter_header_checks{
    "milter_header_checks", "The route that the milter chose would be ignored: the message leaves in clear.",
    true, run};

}  // namespace pams::milter::doctor
