#include "milter/session/journaling.hpp"

#include "milter/session/archiving.hpp"

namespace pams::milter::session {
namespace {

tl::unexpected<Error> nowhere() {
  return fail(Failure::Misconfigured, "there are journal rules, and nothing that keeps reports");
}

}  // namespace

Status Journaling::prepare(const Services& services, const journal::JournalEntry& entry) {
  if (entry.mailboxes.empty()) return {};
  if (services.journal == nullptr) return nowhere();
  return services.journal->prepare(entry);
}

Result<Journaling::Done> Journaling::carry_out(const Services& services, const journal::JournalEntry& entry) {
  if (entry.mailboxes.empty()) return Done();
  if (services.journal == nullptr) return nowhere();
  return services.journal->spool(entry).map([](const journal::JournalStore::Spooled&) { return Done(); });
}

journal::JournalEntry journal_entry_of(const rules::Policy& policy, const rules::Plan& plan,
                                       Envelope envelope, std::string queue_id,
                                       std::chrono::sys_seconds time) {
  envelope = with_added_recipients(plan, std::move(envelope));
  auto mailboxes =
      rules::journal_mailboxes(policy.journal, plan.outgoing.headers, envelope, policy.organization);
  const bool is_confidential = plan.classification.value == rules::MessageClass::Flagged;
  return {plan.outgoing,
          std::move(envelope),
          std::move(mailboxes),
          plan.classification.trusted,
          is_confidential,
          std::move(queue_id),
          time};
}

}  // namespace pams::milter::session
