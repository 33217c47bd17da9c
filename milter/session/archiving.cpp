#include "milter/session/archiving.hpp"

#include <algorithm>

namespace pams::milter {

bool Archiving::is_wanted(const rules::Plan& plan) {
  return std::ranges::any_of(
      plan.effects, [](const auto& effect) { return std::holds_alternative<rules::Archive>(effect); });
}

Result<Archiving::Done> Archiving::carry_out(const Services& services, const rules::Plan& plan,
                                             const ArchiveRecord& record) {
  std::string id;
  for (const auto& effect : plan.effects) {
    const auto* wanted = std::get_if<rules::Archive>(&effect);
    if (wanted == nullptr) continue;
    const auto store = services.archives.find(wanted->store);
    if (store == services.archives.end())
      return fail(Failure::Misconfigured, "no [[archive]] has the name " + wanted->store);
    const auto stored = store->second->commit(record);
    if (!stored) return fail(stored.error().failure, wanted->store + ": " + stored.error().what);
    id = stored->id();
  }
  return Done(std::move(id));
}

Envelope with_added_recipients(const rules::Plan& plan, Envelope envelope) {
  for (const auto& effect : plan.effects)
    if (const auto* added = std::get_if<rules::AddRecipient>(&effect))
      envelope.recipients.push_back(added->address);
  return envelope;
}

ArchiveRecord record_of(const rules::Plan& plan, Envelope envelope, std::string queue_id,
                        std::chrono::sys_seconds time, const Message& received) {
  return {plan.outgoing,       with_added_recipients(plan, std::move(envelope)),
          std::move(queue_id), plan.route.value_or(""),
          matched_rules(plan), time,
          &received,           actions_done(plan)};
}

std::vector<std::string> actions_done(const rules::Plan& plan) {
  std::vector<std::string> done;
  for (const auto& rule : plan.rules)
    for (const auto& action : rule.actions)
      if (action.carried_out) done.push_back(rule.name + ": " + action.name);
  return done;
}

std::vector<std::string> matched_rules(const rules::Plan& plan) {
  std::vector<std::string> names;
  for (const auto& rule : plan.rules)
    if (rule.matched) names.push_back(rule.name);
  return names;
}

}  // namespace pams::milter
