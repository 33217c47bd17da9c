#include "milter/session/archiving.hpp"

#include <utility>

#include "milter/log/log.hpp"

namespace pams::milter::session {

bool Archiving::is_wanted(const rules::Plan& plan) { return !plan.archives.empty(); }

Result<PreparedArchives> Archiving::prepare(const Services& services, const rules::Plan& plan,
                                            const archive::ArchiveRecord& record) {
  PreparedArchives prepared(record.queue_id);
  for (const auto& name : plan.archives) {
    const auto store = services.archives.find(name);
    if (store == services.archives.end())
      return fail(Failure::Misconfigured, "no [[archive]] has the name " + name);
    auto ready = store->second->prepare(record);
    if (!ready) return fail(ready.error().failure, name + ": " + ready.error().what);
    prepared.all_.push_back({name, store->second, std::move(*ready)});
  }
  return prepared;
}

Result<Archiving::Done> PreparedArchives::commit() {
  std::optional<std::string> record_id;
  for (auto& one : all_) {
    one.is_begun = true;
    const auto stored = one.record->commit();
    if (!stored) {
      const auto reason = one.name + ": " + stored.error().what;
      withdraw("an archive failed: " + reason);
      return fail(stored.error().failure, reason);
    }
    record_id = stored->payload().record_id;
  }
  return Archiving::done(std::move(record_id));
}

PreparedArchives::~PreparedArchives() {
  try {
    withdraw("not accepted: a fault, see the log");
  } catch (...) {  // NOLINT(bugprone-empty-catch): the fault that is under way is told by the border
  }
}

void PreparedArchives::withdraw(const std::string& reason) {
  const auto all = std::exchange(all_, {});
  for (const auto& one : all)
    if (one.is_begun) withdraw(one, reason);
}

void PreparedArchives::withdraw(const One& one, const std::string& reason) const {
  const auto marked =
      one.store->mark({queue_id_, one.record->id()}, archive::RecordOutcome::Deferred, reason);
  if (marked) return;
  log::write(log::archive_not_marked, {{"qid", queue_id_},
                                       {"archive", one.name},
                                       {"record", one.record->id()},
                                       {"reason", marked.error().what}});
}

Envelope with_added_recipients(const rules::Plan& plan, Envelope envelope) {
  for (const auto& effect : plan.effects)
    if (const auto* added = std::get_if<rules::AddRecipient>(&effect))
      envelope.recipients.push_back(added->address);
  return envelope;
}

archive::ArchiveRecord record_of(const rules::Plan& plan, Envelope envelope, std::string queue_id,
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

}  // namespace pams::milter::session
