#include "milter/doctor/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

/// Of a message without a sender, a notice to the postmaster (class 2bounce) returns everything, whatever
/// RET= says (Postfix, bounce_notify_service.c); all other notices of flagged mail carry headers only.
Finding run(const Examination& examination) {
  const auto gateway = Gateway::read(examination.mta);
  if (!gateway) return unanswered(gateway.error());
  for (const auto* name : {"bounce", "defer"}) {
    const auto* service = gateway->find(name, "unix");
    if (service == nullptr) continue;
    const auto classes = gateway->value(*service, "notify_classes");
    if (!classes) return unanswered(classes.error());
    if (!holds_word(*classes, "2bounce")) continue;
    const bool own = gateway->overrides(*service, "notify_classes");
    return failed(service->key() + ": notify_classes is '" + *classes + "'; 2bounce sends whole messages on",
                  own ? "postconf -PX " + service->key() + "/notify_classes"
                      : "postconf -e notify_classes=resource,software && postfix reload");
  }
  return ok("notices carry no content of flagged mail");
}

}  // namespace

extern const Check notices;
const Check notices{
    "notices", "The postmaster's notice of a flagged bounce would carry the message over the normal route.",
    true, run};

}  // namespace pams::milter::doctor
