#include "milter/session/message_log.hpp"

#include <vector>

#include "milter/log/log.hpp"
#include "milter/session/archiving.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::session {
namespace {

std::string_view class_of(const MessageOutcome& outcome) {
  return outcome.plan ? rules::to_string(outcome.plan->classification.value) : "unknown";
}

std::string reason_of(const MessageOutcome& outcome) {
  if (outcome.refused) return outcome.refused->reason;
  if (!outcome.plan) return "";
  return outcome.plan->reason.empty() ? outcome.plan->classification.reason : outcome.plan->reason;
}

std::string milliseconds_since(std::chrono::steady_clock::time_point start) {
  const auto elapsed = std::chrono::steady_clock::now() - start;
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count());
}

void write_line(const MessageOutcome& outcome, const Envelope& envelope) {
  static const rules::Plan no_plan;
  const auto& plan = outcome.plan ? *outcome.plan : no_plan;
  std::vector<log::Field> fields{
      {"qid", outcome.queue_id},
      {"class", std::string(class_of(outcome))},
      {"verdict", std::string(rules::to_string(verdict_of(outcome)))},
      {"route", plan.route.value_or("")},
      {"rules", text::join(matched_rules(plan), ",")},
      {"recipients", std::to_string(envelope.recipients.size())},
      {"size", std::to_string(outcome.size)},
  };
  const auto add = [&](std::string_view key, std::string value) {
    if (!value.empty()) fields.emplace_back(key, std::move(value));
  };
  if (!outcome.refused && outcome.is_whole) add("size_out", std::to_string(plan.outgoing.wire_size()));
  add("ms", milliseconds_since(outcome.timed_from));
  if (outcome.refused)
    add("reply", std::to_string(outcome.refused->reply.code) + " " + outcome.refused->reply.status);
  add("reason", reason_of(outcome));
  add("archive_id", outcome.archive_record.value_or(""));
  add("notes", text::join(plan.notes, "; "));
  log::write(log::message, fields);
}

}  // namespace

void log_decision(const std::string& queue_id, const rules::Plan& plan) {
  for (const auto& rule : plan.rules)
    if (rule.failed)
      log::write(log::rule_error,
                 {{"qid", queue_id}, {"rule", rule.name}, {"reason", rule.note.value_or("")}});
  if (plan.classification.untrusted_relay)
    log::write(log::untrusted_flag, {{"qid", queue_id}, {"reason", plan.classification.reason}});
  if (plan.classification.unlisted_server)
    log::write(log::flag_not_believed, {{"qid", queue_id}, {"reason", plan.classification.reason}});
}

void log_outcome(const MessageOutcome& outcome, const Envelope& envelope) noexcept {
  try {
    write_line(outcome, envelope);
  } catch (...) {  // NOLINT(bugprone-empty-catch): no line is no reason to lose the answer
  }
}

}  // namespace pams::milter::session
