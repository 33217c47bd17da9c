#include "rules/conditions/condition.hpp"

namespace pams::rules {

#define CONDITION(id) extern const Condition id;
#include "rules/conditions/table.def"
#undef CONDITION

namespace {
constexpr const Condition* kAll[] = {
#define CONDITION(id) &id,
#include "rules/conditions/table.def"
#undef CONDITION
};
}  // namespace

std::span<const Condition* const> conditions() { return kAll; }

const Condition* find_condition(std::string_view name) {
  for (const auto* condition : kAll)
    if (condition->name == name) return condition;
  return nullptr;
}

}  // namespace pams::rules
