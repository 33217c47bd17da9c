/// Rules of a header_checks table, read as text: which of them is about the flag and takes it away, for
/// whatever values it may be meant. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pams::milter::doctor {

/// Whether an action takes a field from the message, or puts another one in its place.
bool takes_away(std::string_view action);

/// The first rule of `table` (pcre, regexp, texthash, or what stands in { }) that names `flag`, or matches
/// its name by an expression that is about it (^zivver[-_]relay:), and takes it away; also one that stands
/// between `if` and `endif` of such an expression.
std::optional<std::string> rule_against(const std::string& flag, std::string_view table);

}  // namespace pams::milter::doctor
