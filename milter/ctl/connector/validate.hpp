/// pamsctl connector validate: every stage of every smart host, and on request a test message. Ends within a
/// minute, whatever stalls. One at a time.
#pragma once

#include <string>
#include <vector>

#include "milter/config/config.hpp"
#include "milter/smart_host/smart_host_probe.hpp"

namespace pams::milter::ctl {

struct Validation {
  std::string connector;
  std::vector<smart_host::SmartHostReport> smart_hosts;  ///< with the stage "send" after those of the probe
  bool ok() const;
};

/// `send_to`: "" = no test message. Failure::Refused when a test message makes no sense here.
Result<Validation> validate(const Config& config, const rules::OutboundConnector& connector,
                            const std::string& send_to);

}  // namespace pams::milter::ctl
