#include "milter/routing/journal_listener.hpp"

#include <algorithm>

#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

Finding run(const Examination& examination) {
  const auto& journal = examination.config.policy.journal;
  if (journal.rules.empty()) return ok("no mail is journaled");
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  const auto* listener = services->find(journal.submit_to, "inet");
  if (listener == nullptr || listener->command != "smtpd")
    return failed("master.cf has no smtpd on " + journal.submit_to, kSetup);
  for (const auto& setting : routing::journal_listener_settings()) {
    if (!setting.demanded) continue;
    const auto value = services->value(*listener, setting.name);
    if (!value) return unanswered(value.error());
    if (*value != setting.value)
      return failed(listener->key() + ": " + setting.name + " is '" + *value + "': " + setting.why, kSetup);
  }
  return ok("journal reports are taken on " + journal.submit_to);
}

}  // namespace

extern constinit const Check journal_listener{
    .id = "journal_listener",
    .why = "Journal reports would wait in the spool, or be read and changed by others.",
    .run = run,
};

}  // namespace pams::milter::doctor
