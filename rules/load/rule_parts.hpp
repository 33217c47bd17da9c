/// The parts of a [[transport_rule]] that stand for themselves: one condition, one action. Used by the loader
/// and by the tests of the tables, so that an example is read exactly as an operator's line. Any thread.
#pragma once

#include "rules/load/sections.hpp"

namespace pams::rules {

/// `name = value` under `if` or `except_if`.
std::optional<RuleCondition> read_condition(const schema::Member& member, std::string_view where,
                                            const Reading& reading);

struct ReadAction {
  RuleAction action;
  schema::Args args;
};
/// `name = value` in an element of `do`. `true` stands for an action without keys of its own.
std::optional<ReadAction> read_action(const schema::Member& member, const Reading& reading);

/// The value as it would be written, on one line and cut where it gets long.
std::string as_written(const schema::Value& value);

}  // namespace pams::rules
