/// The time in a message's Date field (RFC 5322 3.3 and 4.3). Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace pams::milter::archive {

/// Of an unfolded value. Nothing when it is no date, or one without a zone: that may be a day off.
std::optional<std::chrono::sys_seconds> date_in(std::string_view value);

}  // namespace pams::milter::archive
