/// The m4 file that gives Sendmail the routing: the milter, a mailer for each connector that hands sealed
/// mail to pams-relay, and the rules that lead suffixed recipients there. It is included near the top of
/// sendmail.mc, so that its rules come before the site's own. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "milter/config/config.hpp"

namespace pams::milter::routing {

/// What Sendmail calls the milter (INPUT_MAIL_FILTER).
inline constexpr const char* kFilterName = "pams-milter";

/// The whole file.
std::string sendmail_feature(const Config& config);

/// Why the configuration cannot be put into Sendmail's; empty when it can.
std::vector<std::string> sendmail_obstacles(const Config& config);

/// Where the mailers find pams-relay: "FILE /run/pams-milter/relay.sock" or "TCP [127.0.0.1] 10025".
std::string sendmail_relay(const Config& config);

/// The flags of a connector's mailer. m: all recipients in one transaction. z: LMTP, so that each recipient
/// has its own reply. X: dots are stuffed. 8: nothing is turned into 7 bit. u, h: addresses keep their letter
/// case. k: the relay's greeting may name this host. Without D, F, M, P and x nothing but Received is added,
/// and without E a line that begins with "From " stays.
inline constexpr const char* kMailerFlags = "mzX8uhk";

/// After $@ stands a host, although the mailer alone says where the relay is: Sendmail demands one.
inline constexpr const char* kRelayHost = "localhost";

/// The ruleset that takes the suffix off a recipient of the envelope.
std::string recipient_ruleset(const rules::OutboundConnector& connector);

/// The mailer's definition over several lines. Rulesets "/0" for the header: no address in it is rewritten.
std::string sendmail_mailer(const Config& config, const rules::OutboundConnector& connector);

}  // namespace pams::milter::routing
