/// Decides a message: classify, lock the route, rules in order, size. Pure: the time, its limit and
/// what runs a hook are parameters.
/// Any thread.
#pragma once

#include <functional>

#include "rules/policy/plan.hpp"

namespace pams::rules {

struct EvaluationContext {
  schema::Instant now;                ///< for activation and expiry
  std::function<bool()> out_of_time;  ///< asked between conditions and actions; true -> 451, nothing happens
  HookRunner run_hook{};              ///< for the action run_hook; none: a rule that needs it has failed
};

/// One whole message. An error of a condition or action becomes a Plan that defers, unless its rule ignores
/// errors; nothing is thrown for hostile input.
Plan evaluate(const Policy& policy, Message message, Envelope envelope, Client client,
              std::string_view limits_exceeded, const EvaluationContext& context);

}  // namespace pams::rules
