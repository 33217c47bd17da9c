/// When the certificate of a smart host ends. Asks by EHLO, STARTTLS and a handshake; brings no message and
/// shows no password, and does not prove who the host is (that is tls_proof.hpp). Any thread.
#pragma once

#include <chrono>
#include <string>

#include "milter/smart_host/host_lookup.hpp"
#include "rules/base/result.hpp"
#include "rules/connector/outbound_connector.hpp"

namespace pams::milter::smart_host {

/// The end of the certificate that the first of its addresses shows which takes the connection.
/// Failure::Temporary with the reason, by `deadline` at the latest.
Result<std::chrono::sys_seconds> ask_certificate_expiry(const rules::OutboundConnector& connector,
                                                        const rules::SmartHost& host,
                                                        const std::string& helo_name, Deadline deadline);

}  // namespace pams::milter::smart_host
