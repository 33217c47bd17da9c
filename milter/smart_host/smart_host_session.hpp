/// The conversation with one address of a smart host that tells whether it is the smart host, one function a
/// stage: for the probe (smart_host_probe.cpp), which reports each, and for VerifiedConnection, which goes on
/// only while they hold. STARTTLS, no SNI; the password is shown only after the proof. Used by one thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "milter/smart_host/smtp_connection.hpp"
#include "milter/smart_host/stage.hpp"
#include "milter/smart_host/tls_proof.hpp"

namespace pams::milter::smart_host {

/// As Postfix's smtp_mx_address_limit: of a name with more addresses, the first ones count.
inline constexpr std::size_t kMaxSmartHostAddresses = 5;

/// What an answer to EHLO offers.
class SmtpFeatures {
 public:
  SmtpFeatures() = default;
  explicit SmtpFeatures(const SmtpReply& ehlo);
  /// The words after a keyword; nullopt when it is not offered.
  std::optional<std::string> offered(std::string_view keyword) const;
  /// 0 = no limit (RFC 1870 3: also SIZE without a number).
  std::uint64_t size_limit() const;

 private:
  std::vector<std::string> lines_;
};

class SmartHostSession {
 public:
  struct Settings {
    std::string helo_name;
    Result<std::string> password;
    Deadline deadline;                            ///< of all stages together
    std::chrono::steady_clock::duration timeout;  ///< with one stage
    std::uint64_t max_message_size = 0;           ///< that it must take; 0 = whatever it takes
  };
  SmartHostSession(const rules::OutboundConnector& connector, const rules::SmartHost& host, Settings settings,
                   SmtpConnection connection)
      : connector_(connector),
        host_(host),
        settings_(std::move(settings)),
        connection_(std::move(connection)) {}

  /// The status and reason of a stage.
  struct StageResult {
    StageStatus status;
    std::string reason;
  };
  StageResult ehlo();
  StageResult starttls();
  StageResult tls();
  /// The next three look at the certificate of the handshake; after tls() only.
  StageResult chain();
  StageResult name();
  StageResult expiry();
  /// The last two only when everything before is fine. size() asks again what is offered.
  StageResult size();
  StageResult auth();
  void quit();

  /// The certificate was looked at and is in order.
  bool verified() const { return proof_ && proof_->holds(); }
  const SmtpFeatures& features() const { return features_; }
  /// Ends the session.
  SmtpConnection take_connection() { return std::move(connection_); }

 private:
  StageResult proved(const CertificateVerdict& verdict) const;
  Result<SmtpReply> greet(Deadline deadline);
  Deadline soon() const;
  Result<SmtpReply> authenticate(const std::string& mechanisms, Deadline deadline);

  const rules::OutboundConnector& connector_;
  const rules::SmartHost& host_;
  Settings settings_;
  SmtpConnection connection_;
  TlsContext context_;
  SmtpFeatures features_;
  std::optional<TlsProof> proof_;
};

struct SmartHostStage {
  std::string_view name;
  SmartHostSession::StageResult (SmartHostSession::*run)();
};
/// In their order.
inline constexpr std::array kSmartHostStages{
    SmartHostStage{"ehlo", &SmartHostSession::ehlo}, SmartHostStage{"starttls", &SmartHostSession::starttls},
    SmartHostStage{"tls", &SmartHostSession::tls},   SmartHostStage{"chain", &SmartHostSession::chain},
    SmartHostStage{"name", &SmartHostSession::name}, SmartHostStage{"expiry", &SmartHostSession::expiry},
    SmartHostStage{"size", &SmartHostSession::size}, SmartHostStage{"auth", &SmartHostSession::auth},
};

}  // namespace pams::milter::smart_host
