#include "milter/archive/checkpoint_key.hpp"

#include <stdexcept>
#include <vector>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace pams::milter::archive {
namespace {

using Context = CPtr<EVP_MD_CTX, EVP_MD_CTX_free>;
using Bytes = std::vector<unsigned char>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// Ed25519 brings its own digest and refuses another.
const EVP_MD* digest_for(EVP_PKEY* key) {
  return EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1 ? nullptr : EVP_sha256();
}

std::string to_base64(const Bytes& bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  out.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                                      bytes.data(), static_cast<int>(bytes.size()))));
  return out;
}

/// Empty for what is no base64.
Bytes from_base64(const std::string& text) {
  Bytes bytes(text.size());
  const int size = EVP_DecodeBlock(bytes.data(), bytes_of(text), static_cast<int>(text.size()));
  if (size < 0 || text.empty()) return {};
  const auto padding = text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

void must(int worked) {
  if (worked != 1) throw std::runtime_error("OpenSSL cannot sign a checkpoint");
}

}  // namespace

Result<CheckpointKey> CheckpointKey::load(const std::string& pem_file) {
  const CPtr<BIO, BIO_free_all> file(BIO_new_file(pem_file.c_str(), "r"));
  // The empty password: a protected key is refused rather than asked for on a terminal that is not there.
  Key key(file ? PEM_read_bio_PrivateKey(file.get(), nullptr, nullptr, const_cast<char*>("")) : nullptr);
  ERR_clear_error();
  if (!key)
    return fail(Failure::Misconfigured, pem_file + ": holds no private key in PEM without a password");
  CheckpointKey loaded(std::move(key));
  try {
    static_cast<void>(loaded.sign("test"));
  } catch (const std::runtime_error&) {
    ERR_clear_error();
    return fail(Failure::Misconfigured, pem_file + ": the key cannot sign");
  }
  return loaded;
}

std::string CheckpointKey::sign(std::string_view statement) const {
  const Context context(EVP_MD_CTX_new());
  std::size_t size = 0;
  must(EVP_DigestSignInit(context.get(), nullptr, digest_for(key_.get()), nullptr, key_.get()));
  must(EVP_DigestSign(context.get(), nullptr, &size, bytes_of(statement), statement.size()));
  Bytes signature(size);
  must(EVP_DigestSign(context.get(), signature.data(), &size, bytes_of(statement), statement.size()));
  signature.resize(size);
  return to_base64(signature);
}

bool CheckpointKey::has_signed(std::string_view statement, const std::string& signature) const {
  const auto bytes = from_base64(signature);
  const Context context(EVP_MD_CTX_new());
  must(EVP_DigestVerifyInit(context.get(), nullptr, digest_for(key_.get()), nullptr, key_.get()));
  const bool good =
      EVP_DigestVerify(context.get(), bytes.data(), bytes.size(), bytes_of(statement), statement.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace pams::milter::archive
