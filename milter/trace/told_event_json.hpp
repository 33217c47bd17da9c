/// An event of a message's story for programs, with the keys that `pamsctl trace show --json` and the
/// evidence for an auditor share.
#pragma once

#include <nlohmann/json.hpp>

#include "milter/trace/told_event.hpp"

namespace pams::milter::trace {

nlohmann::ordered_json to_json(const ToldEvent& event);

}  // namespace pams::milter::trace
