#include "milter/session/message_log.hpp"

#include <vector>

#include "milter/log/log.hpp"
#include "milter/session/archiving.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::session {

MessageLog::MessageLog(std::string queue_id, const Envelope& envelope)
    : queue_id_(std::move(queue_id)), recipients_(envelope.recipients.size()) {}

MessageLog::~MessageLog() {
  if (std::uncaught_exceptions() > exceptions_) return;  // the border tells of it
  try {
    write();
  } catch (...) {  // NOLINT(bugprone-empty-catch): no line is no reason to lose the answer
  }
}

void MessageLog::decided(const rules::Plan& plan) {
  class_ = rules::to_string(plan.classification.value);
  verdict_ = rules::to_string(plan.verdict);
  route_ = plan.route.value_or("");
  rules_ = text::join(matched_rules(plan), ",");
  reason_ = plan.reason.empty() ? plan.classification.reason : plan.reason;
  notes_ = text::join(plan.notes, "; ");
  bytes_sent_ = plan.outgoing.wire_size();
  for (const auto& rule : plan.rules)
    if (rule.failed)
      log::write(log::rule_error,
                 {{"qid", queue_id_}, {"rule", rule.name}, {"reason", rule.note.value_or("")}});
  if (plan.classification.untrusted_relay)
    log::write(log::untrusted_flag, {{"qid", queue_id_}, {"reason", plan.classification.reason}});
  if (plan.classification.unlisted_server)
    log::write(log::flag_not_believed, {{"qid", queue_id_}, {"reason", plan.classification.reason}});
}

void MessageLog::released(std::string archive_id) { archive_id_ = std::move(archive_id); }

void MessageLog::refused(const rules::Reply& reply, std::string reason) {
  verdict_ = reply.code >= 500 ? "reject" : "defer";
  reply_ = std::to_string(reply.code) + " " + reply.status;
  reason_ = std::move(reason);
}

void MessageLog::write() const {
  const auto elapsed = std::chrono::steady_clock::now() - begun_;
  std::vector<log::Field> fields{
      {"qid", queue_id_},
      {"class", class_},
      {"verdict", verdict_},
      {"route", route_},
      {"rules", rules_},
      {"recipients", std::to_string(recipients_)},
      {"size", std::to_string(bytes_received_)},
  };
  if (reply_.empty() && whole_) fields.emplace_back("size_out", std::to_string(bytes_sent_));
  fields.emplace_back("ms",
                      std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count()));
  if (!reply_.empty()) fields.emplace_back("reply", reply_);
  if (!reason_.empty()) fields.emplace_back("reason", reason_);
  if (!archive_id_.empty()) fields.emplace_back("archive_id", archive_id_);
  if (!notes_.empty()) fields.emplace_back("notes", notes_);
  log::write(log::message, fields);
}

}  // namespace pams::milter::session
