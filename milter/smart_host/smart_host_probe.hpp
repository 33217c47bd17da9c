/// Asks a connector's smart hosts whether they could take a flagged message: name, connection, STARTTLS,
/// certificate, size, SMTP AUTH. Each stage is told in words. Gives no mail away; shows the password only to
/// a host that has proved who it is, on the connection on which it did. The stages are those of
/// VerifiedConnection (smart_host_talk.hpp), put to every address that a name has.
///
/// Several hosts are asked at the same time, each in a thread of its own. Any thread.
#pragma once

#include <string>
#include <vector>

#include "milter/smart_host/host_lookup.hpp"
#include "milter/smart_host/stage.hpp"
#include "rules/base/result.hpp"
#include "rules/connector/outbound_connector.hpp"

namespace pams::milter::smart_host {

struct SmartHostReport {
  std::string host;                 ///< "smtp.zivver.com:25"
  std::vector<StageReport> stages;  ///< resolve connect ehlo starttls tls chain name expiry size auth
  bool ok() const;                  ///< no stage failed
};

struct ProbeSettings {
  std::string helo_name;         ///< what we call ourselves
  Result<std::string> password;  ///< of the connector's user; asked only when there is one
  Deadline deadline;             ///< everything is told by then
};

/// One report for each smart host, in the connector's order.
std::vector<SmartHostReport> probe_smart_hosts(const rules::OutboundConnector& connector,
                                               const ProbeSettings& settings);

}  // namespace pams::milter::smart_host
