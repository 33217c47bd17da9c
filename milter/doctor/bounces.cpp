#include "milter/connector/postfix_settings.hpp"
#include "milter/doctor/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

/// What the milter never saw is not sealed: it waits, and a notice about it would carry it.
Finding run(const Examination& examination) {
  const auto gateway = Gateway::read(examination.mta);
  if (!gateway) return unanswered(gateway.error());
  for (const auto& service : gateway->services()) {
    if (service.command != "bounce") continue;
    const auto size = gateway->value(service, "bounce_size_limit");
    if (!size) return unanswered(size.error());
    if (*size == kBounceSize) continue;
    const bool own = gateway->overrides(service, "bounce_size_limit");
    return failed(service.key() + ": bounce_size_limit is " + *size + ": notices carry what they are about",
                  own ? "postconf -PX " + service.key() + "/bounce_size_limit" : kSetup);
  }
  return ok("notices never carry the text of a message");
}

}  // namespace

extern const Check bounces;
const Check bounces{
    "bounces", "The notice about a flagged message that was never sealed would carry its text to anybody.",
    true, run};

}  // namespace pams::milter::doctor
