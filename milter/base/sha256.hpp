/// SHA-256 of bytes that come in pieces. Throws std::runtime_error when OpenSSL cannot do it (that it cannot
/// is a fault of the installation). Belongs to one thread.
#pragma once

#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "rules/base/c_ptr.hpp"

namespace pams::milter {

class Sha256 {
 public:
  Sha256();
  Sha256& add(std::string_view bytes);
  /// 64 lower-case hex digits. Ends the calculation.
  std::string hex();

 private:
  CPtr<EVP_MD_CTX, EVP_MD_CTX_free> context_;
};

}  // namespace pams::milter
