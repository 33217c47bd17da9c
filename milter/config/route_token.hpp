/// The secret that makes X-PAMS-Route believed: 32 random bytes as 64 hex digits in a file that only root and
/// the milter's group can read. Any thread.
#pragma once

#include <string>

#include "rules/base/result.hpp"

namespace pams::milter {

/// Failure::Misconfigured when the file is missing, empty, holds anything but one word of [A-Za-z0-9] (16 or
/// more letters), or can be read by others (mode & 007).
Result<std::string> read_route_token(const std::string& path);

/// Makes the file with a new token (mode 0640, group as given by the folder) unless a good one is there
/// already; returns it. Written to a temporary name, fsynced and renamed: a crash never leaves half a token.
Result<std::string> ensure_route_token(const std::string& path);

}  // namespace pams::milter
