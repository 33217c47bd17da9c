#include "milter/session/message_counting.hpp"

namespace pams::milter::session {

metrics::DeferReason defer_reason_of(const rules::Plan& plan) {
  using metrics::DeferReason;
  if (plan.classification.value == rules::MessageClass::Anomaly) return DeferReason::Anomaly;
  if (plan.classification.untrusted_relay) return DeferReason::Untrusted;
  // Only the last one can have ended the evaluation: an earlier failure was ignored.
  if (!plan.rules.empty() && plan.rules.back().failed) return DeferReason::RuleError;
  return DeferReason::Policy;
}

metrics::DeferReason defer_reason_of(const log::Event& event) {
  using metrics::DeferReason;
  if (&event == &log::route_unverified) return DeferReason::Route;
  if (&event == &log::archive_failed) return DeferReason::Archive;
  if (&event == &log::journal_failed) return DeferReason::Journal;
  return &event == &log::deferred ? DeferReason::Mta : DeferReason::Fault;
}

void count_outcome(const MessageOutcome& outcome, const Services& services) noexcept {
  if (services.metrics == nullptr) return;
  auto& metrics = *services.metrics;
  const auto verdict = verdict_of(outcome);
  const auto* plan = outcome.plan ? &*outcome.plan : nullptr;
  metrics.message(plan == nullptr ? std::nullopt : std::optional(plan->classification.value), verdict,
                  std::chrono::steady_clock::now() - outcome.timed_from);
  if (verdict == rules::Verdict::Defer)
    metrics.deferred(outcome.refused ? outcome.refused->kind : metrics::DeferReason::Fault);
  if (outcome.archive_record) metrics.archived(outcome.archiving);
  if (plan == nullptr) return;
  for (const auto& rule : plan->rules)
    if (rule.matched) metrics.rule_matched(rule.name);
}

}  // namespace pams::milter::session
