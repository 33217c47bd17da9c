#include "rules/policy/evaluate.hpp"

#include <algorithm>
#include <stdexcept>

#include "rules/base/overloaded.hpp"
#include "rules/policy/difference.hpp"
#include "rules/policy/flag.hpp"
#include "rules/policy/header_firewall.hpp"
#include "rules/policy/run_rule.hpp"

namespace pams::rules {
namespace {

/// What the client reads when it must try again; why is for the log.
constexpr std::string_view kTryAgain = "Message cannot be handled now, try again later";

/// An end before any rule, and why.
struct Early {
  Ending ending;
  std::string reason;
};

Early defer(std::string reason) { return {Defer{"4.7.1", reason}, reason}; }
Early reject(std::string reason) { return {Reject{"5.7.1", std::string(kNotAuthorized)}, std::move(reason)}; }
Early answer(OnAnomaly action, std::string reason) {
  return action == OnAnomaly::Reject ? reject(std::move(reason)) : defer(std::move(reason));
}

std::optional<Early> before_rules(const Policy& policy, Classification& c, const Mail& mail) {
  const auto& pams = policy.pams;
  // A content rule would meet a structure beyond the limits: for a flagged message that is an anomaly, not a
  // fault of the rule.
  if (c.value == MessageClass::Flagged && policy.rules_need_body() && !mail.mime()) {
    c.value = MessageClass::Anomaly;
    c.reason = "limit exceeded: " + mail.mime().error().what;
  }
  if (c.brings_seal) return reject("anomaly: " + c.reason);
  if (c.value == MessageClass::Anomaly) return answer(pams.on_anomaly, "anomaly: " + c.reason);
  if (c.untrusted_relay) return defer(c.reason);
  if (c.reject_flag) return reject(c.reason);
  if (c.value != MessageClass::Flagged) return std::nullopt;
  if (!pams.enabled) return answer(pams.when_disabled, "flagged, and pams.enabled is false");
  if (policy.connector(pams.connector) == nullptr)
    return defer("flagged, and there is no outbound connector '" + pams.connector + "'");
  return std::nullopt;
}

/// From the first rule that flags the message on, it is classified as one that came with the flag.
void take_over_flag(const TransportRule& rule, const Draft& draft, Classification& c) {
  if (!draft.mail.is_flagged() || c.value == MessageClass::Flagged) return;
  c.value = MessageClass::Flagged;
  c.reason = "flagged by rule '" + rule.name + "'";
}

void run_rules(const Policy& policy, Draft& draft, const EvaluationContext& context, Plan& plan) {
  for (const auto& rule : policy.rules) {
    auto& evidence = plan.rules.emplace_back(RuleEvidence{.name = rule.name, .mode = rule.mode});
    const bool goes_on = run_rule(rule, policy, draft, context, evidence);
    take_over_flag(rule, draft, plan.classification);
    if (goes_on) continue;
    if (draft.ending) plan.reason = "rule '" + rule.name + "'";
    return;
  }
}

/// A flag that a rule has set goes to the top: Postfix's guard rules obey the last of several fields, which
/// must stay the route marker when the message is requeued.
void put_flag_on_top(std::string_view flag, std::vector<Effect>& changes) {
  for (auto& change : changes)
    if (const auto* added = std::get_if<AddHeader>(&change);
        added && header_key(added->name) == header_key(flag))
      change = InsertHeader{added->name, added->value};
}

/// Fills in everything that makes the message leave, or rest in quarantine.
void let_go(const Policy& policy, const Message& received, Draft& draft, Plan& plan) {
  if (draft.mail.is_flagged() && draft.connector != policy.pams.connector)
    throw std::logic_error("a flagged message with another route");
  // Elsewhere an Exchange in front of us has removed them itself: we are no server of its organization.
  const bool is_hybrid = !policy.trust.exchange_online.empty();
  if (is_hybrid && (draft.connector || reaches_outside(policy, draft.mail.envelope())))
    remove_internal_fields(draft.mail.edit_headers());
  auto changes = difference(received, draft.mail.message());
  put_flag_on_top(policy.pams.header, changes);
  plan.outgoing = carry_out(received, changes);
  plan.archives = draft.archives;
  plan.route = draft.connector;
  // The MTA would send a bounce of a flagged message over the normal route. A message without a sender has
  // none.
  if (draft.mail.is_flagged() && !draft.mail.envelope().sender.empty())
    plan.effects.emplace_back(ReturnHeadersOnly{});
  plan.effects.insert(plan.effects.end(), changes.begin(), changes.end());
  for (const auto& address : draft.added_recipients) plan.effects.emplace_back(AddRecipient{address});
}

void refuse(Plan& plan, Verdict verdict, Reply reply, std::string reason) {
  plan.verdict = verdict;
  plan.reply = std::move(reply);
  plan.reason = std::move(reason);
  plan.archives.clear();
  plan.route.reset();
  plan.effects.clear();
  for (auto& rule : plan.rules)
    for (auto& action : rule.actions) action.carried_out = false;
  plan.outgoing = {};
}

/// Too big for its connector: refused here, where the sender still learns of it, and nothing is archived.
void check_size(const Policy& policy, Plan& plan) {
  if (!plan.route) return;
  const auto* connector = policy.connector(*plan.route);
  if (connector == nullptr)
    return refuse(plan, Verdict::Defer, {451, "4.7.1", std::string(kTryAgain)},
                  "there is no outbound connector '" + *plan.route + "'");
  const auto size = plan.outgoing.wire_size();
  if (size <= connector->max_message_size) return;
  auto text = "Message size " + std::to_string(size) + " bytes exceeds the maximum of " +
              std::to_string(connector->max_message_size) + " bytes";
  refuse(plan, Verdict::Reject, {552, "5.3.4", text},
         "too big for connector '" + connector->name + "': " + text);
}

void end(const Policy& policy, const Message& received, Draft& draft, Plan& plan) {
  std::visit(overloaded{
                 [&](const Reject& e) {
                   refuse(plan, Verdict::Reject, {550, e.status, e.text}, plan.reason);
                   // All else is undone; the rejection itself is what was done.
                   if (!plan.rules.empty()) plan.rules.back().actions.back().carried_out = true;
                 },
                 [&](const Defer& e) {
                   refuse(plan, Verdict::Defer, {451, e.status, std::string(kTryAgain)}, e.reason);
                 },
                 [&](const Discard&) {
                   plan.verdict = Verdict::Discard;
                   plan.outgoing = carry_out(received, difference(received, draft.mail.message()));
                   plan.archives = draft.archives;
                 },
                 [&](const Quarantine& e) {
                   plan.verdict = Verdict::Quarantine;
                   plan.reason += ": " + e.reason;
                   let_go(policy, received, draft, plan);
                   check_size(policy, plan);
                 },
             },
             *draft.ending);
}

}  // namespace

Plan evaluate(const Policy& policy, Message message, Envelope envelope, Client client,
              std::string_view limits_exceeded, const EvaluationContext& context) {
  Plan plan;
  plan.classification =
      classify(policy, message.headers, envelope, client, limits_exceeded, message.body.view());
  auto& c = plan.classification;
  const auto received = message;  // the bytes of the body are shared
  if (!c.trusted) remove_internal_fields(message.headers);
  if (c.strip_flag) message.headers = without(message.headers, policy.pams.header);
  const bool zivver = is_zivver(policy, client);
  Draft draft{.mail = Mail(std::move(message), std::move(envelope), std::move(client), policy.organization,
                           policy.limits.mime),
              .run_hook = context.run_hook,
              .flag = policy.pams.header};
  if (!zivver) draft.mail.distrust({std::begin(kZivverMarks), std::end(kZivverMarks)});
  if (auto early = before_rules(policy, c, draft.mail)) {
    draft.ending = std::move(early->ending);
    plan.reason = std::move(early->reason);
  } else {
    draft.mail.classify(c.trusted, c.value == MessageClass::Flagged);
    if (draft.mail.is_flagged()) draft.connector = policy.pams.connector;
    run_rules(policy, draft, context, plan);
    // No rule can set it (load_policy refuses that); this makes sure.
    draft.mail.edit_headers() = without(draft.mail.message().headers, kSealedHeader);
  }
  plan.notes = draft.notes;
  if (draft.ending) {
    end(policy, received, draft, plan);
  } else {
    let_go(policy, received, draft, plan);
    check_size(policy, plan);
  }
  return plan;
}

}  // namespace pams::rules
