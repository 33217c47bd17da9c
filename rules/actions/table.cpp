#include "rules/actions/action.hpp"

namespace pams::rules {

#define ACTION(id) extern const Action id;
#include "rules/actions/table.def"
#undef ACTION

namespace {
constexpr const Action* kAll[] = {
#define ACTION(id) &id,
#include "rules/actions/table.def"
#undef ACTION
};
}  // namespace

std::span<const Action* const> actions() { return kAll; }

const Action* find_action(std::string_view name) {
  for (const auto* action : kAll)
    if (action->name == name) return action;
  return nullptr;
}

}  // namespace pams::rules
