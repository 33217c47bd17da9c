/// The words with which a message's route is told to the MTA. Postfix: the FILTER action that a carrier's
/// X-PAMS-Sealed must become. Sendmail: the suffix that the milter gives to each recipient. One place for the
/// session, the setup and the checks. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "milter/config/config.hpp"

namespace pams::milter::routing {

/// Where Postfix's lmtp client finds the relay: "inet:127.0.0.1:8895", or a unix socket. One inside the queue
/// directory gets a path relative to it, which means the same place with and without a chroot:
/// "unix:pams-milter/relay.sock".
std::string relay_address(const Listen& relay, const std::string& queue_directory);

/// "FILTER pams:unix:pams-milter/relay.sock"; `relay` as relay_address() gives it.
std::string route_action(const rules::OutboundConnector& connector, const std::string& relay);

/// The rules of milter_header_checks and header_checks that bring a carrier to its transport, one line each:
/// one a connector, and a last one for a transport that is no more, to the flagged mail's connector.
std::string sealed_rules(const Config& config, const std::string& relay);

/// What the guard rules do with a flagged message that no milter took charge of. The milter comes after them,
/// so Postfix logs these words for every flagged message, and as the reason of what then waits.
inline constexpr const char* kGuardAction = "FILTER retry:4.7.1 not sealed by pams-milter yet";
/// Until 2026-11-27: an alarm for every good message.
inline constexpr const char* kFormerGuardAction =
    "FILTER retry:4.7.1 pams-milter did not process this message";

/// The table for what a connector's transport says of a delivery: it gives no message back for what Postfix
/// says by itself.
std::string status_rules();

/// The domain of every suffix. RFC 2606: nobody can own it.
inline constexpr const char* kRouteDomain = "pams-route.invalid";

/// What Sendmail finds at the end of a recipient that leaves through `connector`: ".pams.pams-route.invalid".
std::string route_suffix(const rules::OutboundConnector& connector);

/// `address` with `suffix`. nullopt when it is not plainly local-part@domain, or too long with the suffix:
/// Sendmail drops such a recipient without telling the milter, so the message has to wait.
std::optional<std::string> routed_address(std::string_view address, const std::string& suffix);

}  // namespace pams::milter::routing
