/// One rule against one message: are its conditions met, and what do its actions make of the draft? Pure; any
/// thread.
#pragma once

#include "rules/policy/evaluate.hpp"

namespace pams::rules {

/// Whether the next rule is to be looked at. But for notes the draft is as it was when the rule does not
/// match, only audits, or fails with `rule_error_action = "ignore"`. On a flagged message a rule that touches
/// the flag's header, or the locked route, has failed.
bool run_rule(const TransportRule& rule, const Policy& policy, Draft& draft, const EvaluationContext& context,
              RuleEvidence& evidence);

}  // namespace pams::rules
