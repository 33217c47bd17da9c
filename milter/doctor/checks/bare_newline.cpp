// CVE-2023-51764: what one server takes for an end of the message and the next one does not smuggles a second
// message past the checks of the first. Backported to Postfix 3.5.24, 3.6.14, 3.7.10, 3.8.5.
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/postfix/postfix_services.hpp"

namespace pams::milter::doctor {
namespace {

Finding run(const Examination& examination) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  for (const auto* listener : services->listeners()) {
    if (listener->command != "smtpd") continue;
    const auto value = services->value(*listener, "smtpd_forbid_bare_newline");
    if (!value) return unanswered(value.error());
    if (value->empty())
      return warn("this Postfix does not know smtpd_forbid_bare_newline", "apt-get install postfix");
    if (*value == "no" || *value == "note")
      return warn(listener->key() + ": smtpd_forbid_bare_newline is " + *value,
                  services->overrides(*listener, "smtpd_forbid_bare_newline")
                      ? "postconf -PX " + listener->key() + "/smtpd_forbid_bare_newline && postfix reload"
                      : "postconf -e smtpd_forbid_bare_newline=normalize && postfix reload");
  }
  return ok("Postfix takes no lone line feed for an end of the message");
}

}  // namespace

extern constinit const Check bare_newline{
    .id = "bare_newline",
    .why = "A crafted message can smuggle in a second one with a sender of its choice.",
    .run = run,
};

}  // namespace pams::milter::doctor
