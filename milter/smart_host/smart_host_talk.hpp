/// The probe's conversation with one address of a smart host, one function a stage. smart_host_probe.cpp
/// decides which stages are reached. Used by one thread.
#pragma once

#include <optional>

#include "milter/smart_host/smart_host_probe.hpp"
#include "milter/smart_host/smtp_connection.hpp"
#include "milter/smart_host/tls_proof.hpp"

namespace pams::milter {

class SmartHostTalk {
 public:
  SmartHostTalk(const rules::OutboundConnector& connector, const rules::SmartHost& host,
                const ProbeSettings& settings, SmtpConnection connection)
      : connector_(connector), host_(host), settings_(settings), connection_(std::move(connection)) {}

  /// The status and reason of a stage.
  struct Outcome {
    StageStatus status;
    std::string reason;
  };
  Outcome ehlo();
  Outcome starttls();
  Outcome tls();
  /// The next three look at the certificate of the handshake; after tls() only.
  Outcome chain();
  Outcome name();
  Outcome expiry();
  /// The last two only when everything before is fine.
  Outcome size();
  Outcome auth();
  void quit();

 private:
  Outcome proved(const Verdict& verdict) const;
  Result<SmtpReply> greet(Deadline deadline);
  /// The words behind a keyword of the last EHLO answer; nullopt when it does not offer it.
  std::optional<std::string> offered(std::string_view keyword) const;
  Result<SmtpReply> authenticate(const std::string& mechanisms, Deadline deadline);

  const rules::OutboundConnector& connector_;
  const rules::SmartHost& host_;
  const ProbeSettings& settings_;
  SmtpConnection connection_;
  TlsContext context_;
  std::vector<std::string> features_;
  std::optional<TlsProof> proof_;
};

}  // namespace pams::milter
