#include "milter/base/sha256.hpp"

#include <array>
#include <stdexcept>

#include <openssl/err.h>

namespace pams::milter {
namespace {

void must(int ok) {
  if (ok == 1) return;
  ERR_clear_error();  // the queue belongs to libmilter's thread, not to this session
  throw std::runtime_error("OpenSSL cannot calculate SHA-256");
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  must(context_ != nullptr ? 1 : 0);
  must(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

Sha256& Sha256::add(std::string_view bytes) {
  must(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
  return *this;
}

std::string Sha256::hex() {
  std::array<unsigned char, 32> digest{};
  must(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
  std::string out;
  for (const auto byte : digest) {
    out += "0123456789abcdef"[byte >> 4U];
    out += "0123456789abcdef"[byte & 15U];
  }
  return out;
}

}  // namespace pams::milter
