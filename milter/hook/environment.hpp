/// What a hook's program is told besides the message. Nothing of the milter's own environment. Pure; any
/// thread.
#pragma once

#include <string>
#include <vector>

#include "rules/message/mail.hpp"

namespace pams::milter::hook {

/// "NAME=value": PATH, LC_ALL, PAMS_SENDER ("" for the null sender), PAMS_RECIPIENTS (one a line),
/// PAMS_QUEUE_ID, PAMS_CLIENT_ADDRESS, PAMS_AUTHENTICATED, PAMS_FLAGGED ("yes" or "no").
/// Failure::Misconfigured when an address would be two of them.
Result<std::vector<std::string>> hook_environment(const Mail& mail, const std::string& queue_id);

}  // namespace pams::milter::hook
