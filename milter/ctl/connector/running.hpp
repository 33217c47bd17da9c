/// Whether what a test message must pass is running: otherwise it would wait in a queue, or be refused.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "milter/config/config.hpp"

namespace pams::milter::ctl {

/// The first that is missing, with what to do; nothing when milter, Postfix and relay run, and the milter
/// would let a flagged message go. Within `timeout`, or a little more.
std::optional<std::string> what_is_missing(const Config& config, const rules::OutboundConnector& connector,
                                           std::chrono::seconds timeout);

}  // namespace pams::milter::ctl
