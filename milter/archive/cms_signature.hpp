/// A signature for readers who are elsewhere: CMS SignedData (RFC 5652), detached, so that `openssl cms
/// -verify` proves a file with nothing but the certificate that goes with it. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "rules/base/result.hpp"

namespace pams::milter::archive {

struct CmsSignature {
  std::string signature;    ///< PEM, "-----BEGIN CMS-----"
  std::string certificate;  ///< PEM: self-signed, of the key's public half; whom the reader has to trust
  std::string key_digest;   ///< SHA-256 of the public key (DER, SubjectPublicKeyInfo), in hex
};

/// Signs `document` by the private key in `pem_file` (an archive's checkpoint_key): that key certifies one
/// which signs this document and is forgotten. OpenSSL 3.0's CMS cannot use Ed25519 itself; and so each
/// certificate that was ever made for the key proves whatever the key vouches for.
/// Failure::Misconfigured when the file holds no key that can sign.
Result<CmsSignature> sign_document(const std::string& pem_file, std::string_view document);

}  // namespace pams::milter::archive
