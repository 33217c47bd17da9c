/// Keys and certificates for TLS peers in tests, made once in a process.
#pragma once

#include <string>

#include <openssl/ssl.h>

#include "rules/base/c_ptr.hpp"
#include "tests/support/tls_peer.hpp"

namespace pams::test {

struct TlsIdentity {
  CPtr<EVP_PKEY, EVP_PKEY_free> key;
  CPtr<X509, X509_free> certificate;
};

/// `alternative_names` of Good: "DNS:a.test"; "" = for kPeerName.
TlsIdentity make_identity(PeerCertificate kind, const std::string& alternative_names = "");
/// PEM of the authority that signed Good, WrongName, Expired, NotYetValid, CommonNameOnly.
std::string authority_pem();
/// SHA-256 of the DER, in hex.
std::string digest(const X509* certificate);

}  // namespace pams::test
