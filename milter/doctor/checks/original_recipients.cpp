#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

/// Without it cleanup(8) makes one recipient of two that aliases lead to the same address, and the relay is
/// never asked for the other one.
Finding run(const Examination& examination) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  for (const auto& service : services->services()) {
    if (service.command != "cleanup") continue;
    const auto value = services->value(service, "enable_original_recipient");
    if (!value) return unanswered(value.error());
    if (*value == "yes") continue;
    const bool own = services->overrides(service, "enable_original_recipient");
    return failed(
        service.key() + ": enable_original_recipient is " + *value +
            ": of recipients that aliases lead to one address only one is kept",
        own ? "postconf -PX " + service.key() + "/enable_original_recipient && postfix reload" : kSetup);
  }
  return ok("every recipient is kept under the address that it came with");
}

}  // namespace

extern constinit const Check original_recipients{
    .id = "original_recipients",
    .why = "A recipient of a flagged message that is somebody else's alias too would never get it.",
    .guards_routing = true,
    .run = run,
};

}  // namespace pams::milter::doctor
