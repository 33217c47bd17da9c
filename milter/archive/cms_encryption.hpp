/// Encryption for readers who are elsewhere: CMS EnvelopedData (RFC 5652, AES-256-CBC) for one or more
/// certificates. `openssl cms -decrypt -inform DER -inkey KEY` gives the message back, byte for byte; nothing
/// on this machine can. Any thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "milter/base/durable_file.hpp"

namespace pams::milter::archive {

class CmsEncryption {
 public:
  /// The certificates in the PEM file. Failure::Misconfigured when it cannot be read, holds none, or one that
  /// cannot be encrypted to.
  static Result<CmsEncryption> load(const std::string& pem_file);

  /// `pieces`, encrypted, to `sink`; memory is bounded. The failures are the sink's.
  Status encrypt(std::span<const std::string_view> pieces, const Sink& sink) const;

 private:
  struct Certificates;
  explicit CmsEncryption(std::shared_ptr<const Certificates> certificates);
  std::shared_ptr<const Certificates> certificates_;
};

}  // namespace pams::milter::archive
