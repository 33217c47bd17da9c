#include "milter/doctor/checks/route_rules.hpp"
#include "milter/routing/postfix_settings.hpp"

namespace pams::milter::doctor {
namespace {

/// What the milter never saw is not sealed: it waits, and a notice about it would carry it.
Finding run(const Examination& examination) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  for (const auto& service : services->services()) {
    if (service.command != "bounce") continue;
    const auto size = services->value(service, "bounce_size_limit");
    if (!size) return unanswered(size.error());
    if (*size == routing::kBounceSize) continue;
    const bool own = services->overrides(service, "bounce_size_limit");
    return failed(service.key() + ": bounce_size_limit is " + *size + ": notices carry what they are about",
                  own ? "postconf -PX " + service.key() + "/bounce_size_limit && postfix reload" : kSetup);
  }
  return ok("notices never carry the text of a message");
}

}  // namespace

extern constinit const Check bounces{
    .id = "bounces",
    .why = "The notice about a flagged message that was never sealed would carry its text to anybody.",
    .guards_routing = true,
    .run = run,
};

}  // namespace pams::milter::doctor
