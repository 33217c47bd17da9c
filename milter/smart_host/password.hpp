/// The password that a connector shows to its smart hosts (SMTP AUTH). Never logged, never printed; the
/// milter itself does not need it and may not be able to read it. Any thread.
#pragma once

#include <string>

#include "rules/base/result.hpp"
#include "rules/connector/outbound_connector.hpp"

namespace pams::milter::smart_host {

/// The one line of the connector's password_file. Failure::Misconfigured when it cannot be read, when anybody
/// but its owner may, or when it does not hold exactly one line that an MTA's table can hold too.
Result<std::string> read_password(const rules::OutboundConnector& connector);

}  // namespace pams::milter::smart_host
