/// A flag that its sender wrote into the header and no MTA takes for a field: something on the way has put a
/// line that is no field before it ("From alice Mon Jan 5"), which ends the header there; or has damaged its
/// name (a NUL, a byte order mark); or has indented it, which makes it part of the field before. Such a
/// message was meant to be secure. Pure; any thread. Linear.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/message/header.hpp"

namespace pams::rules {

/// Where it stands, in words. `body`: as the MTA tells it; the beginning is enough, to the first blank line.
std::optional<std::string> hidden_flag(const Headers& headers, std::string_view body, std::string_view flag);

}  // namespace pams::rules
