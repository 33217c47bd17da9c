/// A rule that flags a message (Zivver's Secure Direct Reply: `set_header` of the flag). What holds for mail
/// that came with the flag holds for it from then on: one route, locked; no wrapping; every fault defers.
/// Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "rules/actions/draft.hpp"
#include "rules/policy/policy.hpp"

namespace pams::rules {

/// Why the rule may not flag this message, which is not flagged yet, for the trace; nullopt when it may. A
/// message that must not leave unflagged either gets its ending in `draft`.
std::optional<std::string> refuse_to_flag(const Policy& policy, Draft& draft);

/// The header is set: locks the route.
void lock_route(const Policy& policy, Draft& draft);

}  // namespace pams::rules
