#include "rules/policy/run_rule.hpp"

#include <algorithm>

#include "rules/policy/flag.hpp"
#include "rules/policy/rule_flag.hpp"

namespace pams::rules {
namespace {

/// Why a rule was not carried through.
struct RuleError {
  std::string what;
  bool out_of_time = false;  ///< the message as a whole failed, not the rule: it cannot be ignored
};

template <class T>
using Attempt = tl::expected<T, RuleError>;

tl::unexpected<RuleError> failed(std::string what) { return tl::unexpected(RuleError{std::move(what)}); }

Attempt<void> check_time(const EvaluationContext& context) {
  if (context.out_of_time && context.out_of_time())
    return tl::unexpected(RuleError{"the evaluation took too long", true});
  return {};
}

std::optional<std::string> why_not_in_force(const TransportRule& rule, schema::Instant now) {
  if (!rule.enabled) return "disabled";
  if (rule.activation && now < *rule.activation) return "not yet active";
  if (rule.expiry && now >= *rule.expiry) return "expired";
  return std::nullopt;
}

Attempt<bool> holds(const RuleCondition& one, const TransportRule& rule, const Mail& mail,
                    const EvaluationContext& context, std::string_view prefix, RuleEvidence& evidence) {
  if (auto in_time = check_time(context); !in_time) return tl::unexpected(in_time.error());
  const auto name = std::string(prefix) + std::string(one.condition->name);
  auto finding = one.predicate(mail, rule.scope);
  if (!finding) return failed(name + ": " + finding.error().what);
  evidence.conditions.push_back({name, finding->holds, std::move(finding->seen)});
  return finding->holds;
}

/// Looks no further than needed: at the first condition that fails, or the first exception that holds.
Attempt<bool> matches(const TransportRule& rule, const Mail& mail, const EvaluationContext& context,
                      RuleEvidence& evidence) {
  for (const auto& condition : rule.conditions) {
    const auto does = holds(condition, rule, mail, context, "", evidence);
    if (!does || !*does) return does;
  }
  for (const auto& exception : rule.exceptions) {
    const auto does = holds(exception, rule, mail, context, "except_if.", evidence);
    if (!does) return does;
    if (*does) return false;
  }
  return true;
}

/// The promise that nothing un-decides a flagged message's route does not rest on the actions' good will.
Attempt<void> check_flag(const Draft& before, const Draft& after, std::string_view header,
                         std::string_view action) {
  if (!before.mail.is_flagged()) return {};
  if (!same_fields(before.mail.message().headers, after.mail.message().headers, header))
    return failed(std::string(action) + " would change " + std::string(header) + " of a flagged message");
  if (before.connector != after.connector || !after.mail.is_flagged())
    return failed(std::string(action) + " would change the route of a flagged message");
  return {};
}

/// Whether the action is left out; says why.
std::optional<std::string> left_out(const RuleAction& one, const Draft& draft) {
  // Flagging decides where the message leaves: an automatic reply is secured like any other.
  if (one.sets_flag)
    return draft.mail.is_flagged() ? std::optional<std::string>("is flagged already") : std::nullopt;
  // A bounce or an automatic reply is not a letter: Exchange exempts its own, and so do we.
  if (one.action->edits_content && draft.mail.envelope().sender.empty())
    return "not for mail from the null sender";
  return std::nullopt;
}

Attempt<void> act(const TransportRule& rule, const Policy& policy, const Draft& before, Draft& draft,
                  const EvaluationContext& context, RuleEvidence& evidence) {
  const bool carried_out = rule.mode == Mode::Enforce;
  for (const auto& one : rule.actions) {
    if (auto in_time = check_time(context); !in_time) return in_time;
    if (auto why = left_out(one, draft)) {
      evidence.actions.push_back({one.summary, std::move(*why), false});
      continue;
    }
    auto outcome = one.step(draft);
    if (!outcome) return failed(one.summary + ": " + outcome.error().what);
    if (auto kept = check_flag(before, draft, policy.pams.header, one.action->name); !kept) return kept;
    if (one.sets_flag) lock_route(policy, draft);
    evidence.actions.push_back({one.summary, std::move(*outcome), carried_out});
    if (draft.ending) break;
  }
  return {};
}

/// A rule that would flag a message which it may not flag does nothing at all: its route would be wrong too.
bool may_act(const TransportRule& rule, const Policy& policy, Draft& draft, RuleEvidence& evidence) {
  const auto flagging = std::ranges::find_if(rule.actions, &RuleAction::sets_flag);
  if (flagging == rule.actions.end() || draft.mail.is_flagged()) return true;
  auto why = refuse_to_flag(policy, draft);
  if (why) evidence.actions.push_back({flagging->summary, std::move(*why), false});
  return !why;
}

/// Whether the next rule is to be looked at.
bool on_error(const TransportRule& rule, const RuleError& error, Draft& draft, RuleEvidence& evidence) {
  for (auto& action : evidence.actions) action.carried_out = false;
  evidence.failed = true;
  auto note = "processing error: " + error.what;
  const bool harmless = rule.mode != Mode::Enforce;  // an audited rule changes nothing, so nothing is missing
  const bool ignored = rule.error_action == ErrorAction::Ignore && !draft.mail.is_flagged();
  if (!error.out_of_time && (harmless || ignored)) {
    note += harmless ? " (audit only)" : " (ignored)";
    draft.notes.push_back("rule '" + rule.name + "': " + note);
    evidence.note = std::move(note);
    return true;
  }
  evidence.note = std::move(note);
  draft.ending = Defer{"4.3.0", "rule '" + rule.name + "': " + error.what};
  return false;
}

}  // namespace

bool run_rule(const TransportRule& rule, const Policy& policy, Draft& draft, const EvaluationContext& context,
              RuleEvidence& evidence) {
  evidence.note = why_not_in_force(rule, context.now);
  if (evidence.note) return true;
  const auto matched = matches(rule, draft.mail, context, evidence);
  if (!matched) return on_error(rule, matched.error(), draft, evidence);
  evidence.matched = *matched;
  if (!*matched) return true;
  auto attempt = draft;
  if (!may_act(rule, policy, attempt, evidence)) {
    if (rule.mode == Mode::Enforce) draft = std::move(attempt);
    return !draft.ending;
  }
  if (rule.mode != Mode::Enforce) attempt.run_hook = hooks_not_run();
  const auto acted = act(rule, policy, draft, attempt, context, evidence);
  if (!acted) return on_error(rule, acted.error(), draft, evidence);
  if (rule.mode != Mode::Enforce) return true;
  draft = std::move(attempt);
  return !draft.ending && !rule.stop_rule_processing;
}

}  // namespace pams::rules
