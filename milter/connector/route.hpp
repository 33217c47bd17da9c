/// The words with which a message's route is told to Postfix: the marker that the milter adds, and the FILTER
/// action that the marker must become. One place for the session, the setup and the checks. Pure; any thread.
#pragma once

#include <string>

#include "milter/config/config.hpp"

namespace pams::milter {

/// The value of X-PAMS-Route for a message that leaves through `connector`: the token alone for the flagged
/// mail's connector ([pams].connector), with "-TRANSPORT" behind it for any other.
std::string route_marker(const Config& config, const rules::OutboundConnector& connector,
                         const std::string& token);

/// "pams:[smtp.zivver.com]:25"; several smart hosts are tried in order (Postfix 3.5 and later).
std::string route_target(const rules::OutboundConnector& connector);

/// "FILTER pams:[smtp.zivver.com]:25"
std::string route_action(const rules::OutboundConnector& connector);

/// What the net does with a flagged message that no milter took charge of.
inline constexpr const char* kNetAction = "FILTER retry:4.7.1 pams-milter did not process this message";

}  // namespace pams::milter
