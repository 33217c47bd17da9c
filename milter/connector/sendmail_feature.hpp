/// The m4 file that gives Sendmail the routing: the milter, a mailer for each connector, the rules that lead
/// suffixed recipients there, and the rules that demand proof of the smart host. It is included near the top
/// of sendmail.mc, so that its rules come before the site's own. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "milter/config/config.hpp"

namespace pams::milter {

/// Its name in Sendmail's folder.
inline constexpr const char* kFeatureFile = "pams-milter.m4";
/// What Sendmail calls the milter (INPUT_MAIL_FILTER).
inline constexpr const char* kFilterName = "pams-milter";

/// The whole file.
std::string sendmail_feature(const Config& config);

/// Why the configuration cannot be put into Sendmail's; empty when it can.
std::vector<std::string> sendmail_obstacles(const Config& config);

/// The authorities that Sendmail believes, for all mailers: CACertFile; "" when no connector verifies.
std::string sendmail_authorities(const Config& config);
/// CACertPath: Sendmail 8.17 reads CACertFile only when both are set. The file's own folder, which adds
/// nothing to the system's bundle.
std::string sendmail_authorities_folder(const Config& config);

/// The smart hosts as Sendmail takes them behind $@: "[smtp.zivver.com]", several with ":" between them.
std::string sendmail_host(const rules::OutboundConnector& connector);

}  // namespace pams::milter
