#include "milter/trace/message_trace.hpp"

#include <algorithm>
#include <array>

#include "milter/trace/text_limits.hpp"
#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"
#include "rules/message/header.hpp"

namespace pams::milter::trace {
namespace {

constexpr std::array<std::string_view, 7> kStatuses{"Delivered", "Failed",   "Pending", "Quarantined",
                                                    "Expanded",  "Deferred", "Rejected"};
constexpr std::array<std::string_view, 21> kKinds{
    "RECEIVE", "CLASS", "RULE",    "ACTION",  "NOTE",  "ARCHIVE", "ROUTE",
    "CHANGE",  "REPLY", "SEND",    "DELIVER", "DEFER", "FAIL",    "EXPAND",
    "REQUEUE", "HOLD",  "RELEASE", "NOTICE",  "SEAL",  "REFUSE",  "DROP"};

/// So that a message with a thousand rules or changes is one row among others.
constexpr std::size_t kMaxEvents = 500;
constexpr std::size_t kSubjectCharacters = 256;

std::string header(const Headers& headers, std::string_view name, bool decode) {
  const auto* field = headers.find(name);
  if (field == nullptr) return "";
  return decode ? field->decoded() : field->unfolded();
}

std::string with_note(std::string text, std::string_view note) {
  return note.empty() ? text : text.append(" (").append(note).append(")");
}

std::string shown(const rules::Reply& reply) {
  return std::to_string(reply.code) + " " + reply.status + (reply.text.empty() ? "" : " " + reply.text);
}

std::string seal_in_words(const Handled& handled) {
  const std::string id(handled.seal);
  return handled.seal_key.empty() ? id : id + " with key " + std::string(handled.seal_key);
}

/// The name of the header field that it changes, if it changes one.
std::string_view field_of(const rules::Effect& effect) {
  return std::visit(overloaded{
                        [](const rules::ChangeHeader& e) { return std::string_view(e.name); },
                        [](const rules::AddHeader& e) { return std::string_view(e.name); },
                        [](const rules::InsertHeader& e) { return std::string_view(e.name); },
                        [](const rules::ReturnHeadersOnly&) { return std::string_view(); },
                        [](const rules::ReplaceBody&) { return std::string_view(); },
                        [](const rules::AddRecipient&) { return std::string_view(); },
                    },
                    effect);
}

class Teller {
 public:
  /// `came_to_nothing`: what the plan says was not done, or was undone, for the message was refused.
  Teller(MessageTrace& message, bool came_to_nothing, bool keep_subject)
      : message_(message), came_to_nothing_(came_to_nothing), keep_subject_(keep_subject) {}

  void add(EventKind kind, std::string_view text) {
    if (message_.events.size() < kMaxEvents) message_.events.push_back({kind, utf8_cut(text, kMaxEventText)});
  }

  /// Rules that matched, or could not be looked at, each for itself; the others in one event.
  void add_rules(const rules::Plan& plan) {
    std::vector<std::string> others;
    for (const auto& rule : plan.rules) {
      if (!rule.matched && !rule.note) {
        others.push_back(rule.name);
        continue;
      }
      const std::string_view mode = rule.mode == rules::Mode::Enforce ? "" : ", not enforced";
      const std::string_view matched = rule.matched ? ": matches" : ": does not match";
      add(EventKind::Rule,
          with_note(rule.name + std::string(matched) + std::string(mode), rule.note.value_or("")));
      for (const auto& action : rule.actions)
        add(EventKind::Action, std::string(not_done(action)) + action.name + ": " + action.outcome);
    }
    if (!others.empty()) add(EventKind::Rule, "no match: " + text::join(others, ", "));
  }

  void add_plan(const rules::Plan& plan, std::string_view archive_record) {
    add(EventKind::Class,
        with_note(std::string(rules::to_string(plan.classification.value)), plan.classification.reason));
    add_rules(plan);
    for (const auto& note : plan.notes) add(EventKind::Note, note);
    if (came_to_nothing_) return;
    if (!archive_record.empty()) add(EventKind::Archive, archive_record);
    if (plan.route) add(EventKind::Route, *plan.route);
    for (const auto& effect : plan.effects) add_effect(effect);
  }

 private:
  /// A plan that refuses says itself which action is left: the one that refuses.
  std::string_view not_done(const rules::ActionEvidence& action) const {
    if (!action.carried_out) return "would have done: ";
    return came_to_nothing_ ? "not done, the message was refused: " : "";
  }

  void add_effect(const rules::Effect& effect) {
    const bool is_subject = text::iequals(field_of(effect), "Subject");
    add(EventKind::Change, is_subject && !keep_subject_ ? "Subject (not kept)" : rules::describe(effect));
    if (const auto* added = std::get_if<rules::AddRecipient>(&effect))
      message_.recipients.push_back(utf8_cut(added->address, kMaxAddress));
  }

  MessageTrace& message_;
  const bool came_to_nothing_, keep_subject_;
};

DeliveryStatus status_of(const Handled& handled) {
  if (handled.refused)
    return handled.refused->code >= 500 ? DeliveryStatus::Rejected : DeliveryStatus::Deferred;
  if (handled.plan == nullptr) return DeliveryStatus::Failed;
  if (handled.plan->verdict == rules::Verdict::Discard) return DeliveryStatus::Failed;
  return handled.plan->verdict == rules::Verdict::Quarantine ? DeliveryStatus::Quarantined
                                                             : DeliveryStatus::Pending;
}

bool plan_accepts(const Handled& handled) {
  return handled.plan != nullptr && handled.plan->verdict != rules::Verdict::Reject &&
         handled.plan->verdict != rules::Verdict::Defer;
}

std::string reply_of(const Handled& handled) {
  if (handled.refused) return shown(*handled.refused);
  if (handled.plan != nullptr && handled.plan->verdict == rules::Verdict::Discard)
    return "250 2.0.0 accepted and dropped by a rule";
  return "";
}

std::optional<Route> route_of(const Handled& handled) {
  if (handled.connector == nullptr) return std::nullopt;
  Route route{handled.connector->name, handled.connector->transport, {}};
  for (const auto& host : handled.connector->smart_hosts)
    route.smart_hosts.push_back(host.name + ":" + std::to_string(host.port));
  return route;
}

}  // namespace

std::string_view to_string(DeliveryStatus status) { return kStatuses.at(static_cast<std::size_t>(status)); }
std::string_view to_string(EventKind kind) { return kKinds.at(static_cast<std::size_t>(kind)); }

std::string status_names() {
  std::string names;
  for (const auto status : kStatuses) names.append(names.empty() ? "" : ", ").append(status);
  return names;
}

std::optional<DeliveryStatus> status_of(std::string_view name) {
  const auto* const found =
      std::ranges::find_if(kStatuses, [&](std::string_view known) { return text::iequals(known, name); });
  if (found == kStatuses.end()) return std::nullopt;
  return static_cast<DeliveryStatus>(found - kStatuses.begin());
}

MessageTrace make_trace(const Handled& handled) {
  MessageTrace message;
  message.received = handled.received;
  message.queue_id = handled.queue_id;
  message.message_id = utf8_cut(header(handled.headers, "Message-Id", false), kMaxMessageId);
  message.sender = utf8_cut(handled.envelope.sender, kMaxAddress);
  for (const auto& recipient : handled.envelope.recipients)
    message.recipients.push_back(utf8_cut(recipient, kMaxAddress));
  if (handled.keep_subject)
    message.subject = first_characters(header(handled.headers, "Subject", true), kSubjectCharacters);
  message.status = status_of(handled);
  message.route = route_of(handled);
  if (!handled.refused) {
    message.seal = handled.seal;
    message.archive_record = handled.archive_record;  // a record of what was refused was taken back
  }
  message.reply = reply_of(handled);
  message.size = handled.size;
  message.client = handled.client.address;

  Teller teller(message, handled.refused && plan_accepts(handled), handled.keep_subject);
  const auto& user = handled.client.authenticated;
  teller.add(EventKind::Receive, handled.client.address + (user.empty() ? "" : ", authenticated as " + user));
  if (handled.plan != nullptr) {
    message.message_class = rules::to_string(handled.plan->classification.value);
    teller.add_plan(*handled.plan, handled.archive_record);
  }
  if (!message.seal.empty()) teller.add(EventKind::Seal, seal_in_words(handled));
  teller.add(EventKind::Reply, with_note(message.reply.empty() ? "250" : message.reply, handled.reason));
  return message;
}

}  // namespace pams::milter::trace
