/// Where a flagged (or ruled) message leaves: Exchange's outbound connector. Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pams::rules {

/// The loader takes certificate_validation for DomainValidation.
enum class TlsSettings { EncryptionOnly, CertificateValidation, DomainValidation };

struct SmartHost {
  std::string name;  ///< host name or address literal, without brackets
  unsigned port = 25;
  /// "[smtp.zivver.com]:25": no MX look-up.
  std::string nexthop() const { return "[" + name + "]:" + std::to_string(port); }
  /// "smtp.zivver.com:25", "[2001:db8::1]:25": as people write it.
  std::string address() const {
    return name.find(':') == std::string::npos ? name + ":" + std::to_string(port) : nexthop();
  }
};

struct OutboundConnector {
  std::string name;
  std::vector<SmartHost> smart_hosts;  ///< at least one; tried in this order, all with the same demands
  TlsSettings tls_settings = TlsSettings::DomainValidation;
  std::string tls_domain;  ///< "" = each smart host's own name; a single smart host's name stands here
  std::string tls_ca_file;
  std::string transport = "pams";  ///< Postfix master.cf service or Sendmail mailer
  std::uint64_t max_message_size = 0;
  std::string username;       ///< for SMTP AUTH, only after verified TLS; "" = none
  std::string password_file;  ///< absolute; readable for root alone

  /// The name that the certificate of `host`, one of these smart hosts, must carry.
  const std::string& certificate_name(const SmartHost& host) const {
    return tls_domain.empty() ? host.name : tls_domain;
  }
};

}  // namespace pams::rules
