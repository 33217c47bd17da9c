/// From the message as received and as it should be: the fewest effects that an MTA must carry out, and what
/// comes of them. An MTA changes fields by name and number and adds at the end; so the order of fields of
/// different names stays as it was received, and `carry_out` (not the wanted message) is what really leaves.
/// Pure; any thread.
#pragma once

#include <span>
#include <vector>

#include "rules/policy/plan.hpp"

namespace pams::rules {

/// ChangeHeader, AddHeader and ReplaceBody; empty when nothing differs.
std::vector<Effect> difference(const Message& received, const Message& wanted);

/// `received` as an MTA would leave it. Effects that do not touch the message's bytes are passed over.
Message carry_out(const Message& received, std::span<const Effect> effects);

}  // namespace pams::rules
