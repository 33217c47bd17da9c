#include "rules/policy/run_rule.hpp"

#include <algorithm>

#include "rules/policy/flag.hpp"

namespace pams::rules {
namespace {

/// Why a rule was not carried through.
struct Trouble {
  std::string what;
  bool out_of_time = false;  ///< the message as a whole failed, not the rule: it cannot be ignored
};

template <class T>
using Attempt = tl::expected<T, Trouble>;

tl::unexpected<Trouble> trouble(std::string what) { return tl::unexpected(Trouble{std::move(what)}); }

Attempt<void> check_time(const Moment& moment) {
  if (moment.out_of_time && moment.out_of_time())
    return tl::unexpected(Trouble{"the evaluation took too long", true});
  return {};
}

/// "" when the rule is in force.
std::string not_in_force(const TransportRule& rule, schema::Instant now) {
  if (!rule.enabled) return "disabled";
  if (rule.activation && now < *rule.activation) return "not yet active";
  if (rule.expiry && now >= *rule.expiry) return "expired";
  return "";
}

Attempt<bool> holds(const RuleCondition& one, const TransportRule& rule, const Mail& mail,
                    const Moment& moment, std::string_view prefix, RuleEvidence& evidence) {
  if (auto in_time = check_time(moment); !in_time) return tl::unexpected(in_time.error());
  const auto name = std::string(prefix) + std::string(one.condition->name);
  auto finding = one.predicate(mail, rule.scope);
  if (!finding) return trouble(name + ": " + finding.error().what);
  evidence.conditions.push_back({name, finding->holds, std::move(finding->seen)});
  return finding->holds;
}

/// Looks no further than needed: at the first condition that fails, or the first exception that holds.
Attempt<bool> matches(const TransportRule& rule, const Mail& mail, const Moment& moment,
                      RuleEvidence& evidence) {
  for (const auto& condition : rule.conditions) {
    const auto does = holds(condition, rule, mail, moment, "", evidence);
    if (!does || !*does) return does;
  }
  for (const auto& exception : rule.exceptions) {
    const auto does = holds(exception, rule, mail, moment, "except_if.", evidence);
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
    return trouble(std::string(action) + " would change " + std::string(header) + " of a flagged message");
  if (before.connector != after.connector || !after.mail.is_flagged())
    return trouble(std::string(action) + " would change the route of a flagged message");
  return {};
}

Attempt<void> act(const TransportRule& rule, std::string_view header, const Draft& before, Draft& draft,
                  const Moment& moment, RuleEvidence& evidence) {
  const bool carried_out = rule.mode == Mode::Enforce;
  for (const auto& one : rule.actions) {
    if (auto in_time = check_time(moment); !in_time) return in_time;
    // A bounce or an automatic reply is not a letter: Exchange exempts its own, and so do we.
    if (one.action->edits_content && draft.mail.envelope().sender.empty()) {
      evidence.actions.push_back({one.summary, "not for mail from the null sender", false});
      continue;
    }
    auto outcome = one.step(draft);
    if (!outcome) return trouble(one.summary + ": " + outcome.error().what);
    if (auto kept = check_flag(before, draft, header, one.action->name); !kept) return kept;
    evidence.actions.push_back({one.summary, std::move(*outcome), carried_out});
    if (draft.ending) break;
  }
  return {};
}

/// Whether the next rule is to be looked at.
bool on_trouble(const TransportRule& rule, const Trouble& trouble, Draft& draft, RuleEvidence& evidence) {
  for (auto& action : evidence.actions) action.carried_out = false;
  evidence.note = "processing error: " + trouble.what;
  const bool harmless = rule.mode != Mode::Enforce;  // an audited rule changes nothing, so nothing is missing
  const bool ignored = rule.error_action == ErrorAction::Ignore && !draft.mail.is_flagged();
  if (!trouble.out_of_time && (harmless || ignored)) {
    evidence.note += harmless ? " (audit only)" : " (ignored)";
    draft.notes.push_back("rule '" + rule.name + "': " + evidence.note);
    return true;
  }
  draft.ending = Defer{"4.3.0", "rule '" + rule.name + "': " + trouble.what};
  return false;
}

}  // namespace

bool run_rule(const TransportRule& rule, std::string_view protected_header, Draft& draft,
              const Moment& moment, RuleEvidence& evidence) {
  evidence.note = not_in_force(rule, moment.now);
  if (!evidence.note.empty()) return true;
  const auto matched = matches(rule, draft.mail, moment, evidence);
  if (!matched) return on_trouble(rule, matched.error(), draft, evidence);
  evidence.matched = *matched;
  if (!*matched) return true;
  auto attempt = draft;
  if (rule.mode != Mode::Enforce) attempt.run_hook = hooks_not_run();
  const auto acted = act(rule, protected_header, draft, attempt, moment, evidence);
  if (!acted) return on_trouble(rule, acted.error(), draft, evidence);
  if (rule.mode != Mode::Enforce) return true;
  draft = std::move(attempt);
  return !draft.ending && !rule.stop_rule_processing;
}

}  // namespace pams::rules
