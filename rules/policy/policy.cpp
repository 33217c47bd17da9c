#include "rules/policy/policy.hpp"

#include <algorithm>

namespace pams::rules {
namespace {

bool looks_at_body(const TransportRule& rule) {
  const auto condition_does = [](const RuleCondition& c) { return c.condition->needs_body; };
  return rule.enabled &&
         (std::ranges::any_of(rule.conditions, condition_does) ||
          std::ranges::any_of(rule.exceptions, condition_does) ||
          std::ranges::any_of(rule.actions, [](const auto& a) { return a.action->needs_body; }));
}

}  // namespace

const OutboundConnector* Policy::connector(std::string_view name) const {
  const auto found = std::ranges::find(connectors, name, &OutboundConnector::name);
  return found == connectors.end() ? nullptr : &*found;
}

bool Policy::rules_need_body() const { return std::ranges::any_of(rules, looks_at_body); }

}  // namespace pams::rules
