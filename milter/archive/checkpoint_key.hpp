/// Signs checkpoints: a private key in PEM (Ed25519, EC or RSA). Any thread.
#pragma once

#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "rules/base/c_ptr.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::archive {

class CheckpointKey {
 public:
  /// Failure::Misconfigured when the file holds no private key that can sign.
  static Result<CheckpointKey> load(const std::string& pem_file);

  std::string sign(std::string_view statement) const;  ///< base64
  bool has_signed(std::string_view statement, const std::string& signature) const;

 private:
  using Key = CPtr<EVP_PKEY, EVP_PKEY_free>;
  explicit CheckpointKey(Key key) : key_(std::move(key)) {}
  Key key_;
};

}  // namespace pams::milter::archive
