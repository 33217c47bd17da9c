/// A flagged test message, given to Postfix as a local program would, so that it passes the milter, the rules
/// and the connector's real transport; followed in the MTA's log to the smart host's answer. It holds nothing
/// secret. One at a time.
#pragma once

#include <string>

#include "milter/config/config.hpp"
#include "milter/mta/postfix/postfix.hpp"
#include "milter/smart_host/smart_host_probe.hpp"

namespace pams::milter::ctl {

struct TestDelivery {
  smart_host::StageStatus status = smart_host::StageStatus::Fail;
  std::string relay;  ///< "smtp.zivver.com[192.0.2.1]:25"; "" when no smart host was reached
  std::string reason;
};

/// What [pams] needs to take our test message for a flagged one: Failure::Refused when its pattern does not
/// match our value.
Status can_test(const Config& config);

/// Sends and waits until the log says what became of it, until `deadline` at the latest.
TestDelivery send_test_message(const Config& config, const mta::Postfix& postfix,
                               const std::string& recipient, smart_host::Deadline deadline);

}  // namespace pams::milter::ctl
