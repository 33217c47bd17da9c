/// Where a flagged (or ruled) message leaves: Exchange's outbound connector. Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pams::rules {

enum class TlsSettings { EncryptionOnly, CertificateValidation, DomainValidation };

struct SmartHost {
  std::string name;  ///< host name or address literal, without brackets
  unsigned port = 25;
  /// "[smtp.zivver.com]:25": no MX look-up.
  std::string nexthop() const { return "[" + name + "]:" + std::to_string(port); }
};

struct OutboundConnector {
  std::string name;
  std::vector<SmartHost> smart_hosts;  ///< at least one
  TlsSettings tls_settings = TlsSettings::DomainValidation;
  std::string tls_domain;
  std::string tls_ca_file;
  std::string transport = "pams";  ///< Postfix master.cf service
  std::uint64_t max_message_size = 0;
};

}  // namespace pams::rules
