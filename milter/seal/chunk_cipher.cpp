#include "milter/seal/chunk_cipher.hpp"

#include <algorithm>

#include <openssl/err.h>
#include <openssl/kdf.h>

#include "milter/seal/text_forms.hpp"

namespace pams::milter::seal {
namespace {

constexpr std::string_view kInfo = "pams-milter seal v1";
constexpr std::uint32_t kLastBit = 0x8000'0000U;
constexpr std::size_t kNonceSize = 12;

const unsigned char* bytes_of(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
unsigned char* bytes_of(std::string& s, std::size_t at) {
  return reinterpret_cast<unsigned char*>(s.data() + at);
}

tl::unexpected<Error> openssl_failed(const char* deed) {
  ERR_clear_error();  // the queue belongs to the thread, not to this message
  return fail(Failure::Temporary, std::string("OpenSSL cannot ") + deed);
}

/// The key of one seal. Wiped when it goes away.
struct SealKey {
  std::array<unsigned char, 32> bytes{};
  SealKey() = default;
  SealKey(const SealKey&) = delete;
  SealKey& operator=(const SealKey&) = delete;
  ~SealKey() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

/// HKDF-SHA256 (RFC 5869).
bool derive(const Key& key, std::string_view salt, SealKey& out) {
  const CPtr<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr));
  auto* hkdf = context.get();
  std::size_t size = out.bytes.size();
  return hkdf != nullptr && EVP_PKEY_derive_init(hkdf) == 1 &&
         EVP_PKEY_CTX_set_hkdf_md(hkdf, EVP_sha256()) == 1 &&
         EVP_PKEY_CTX_set1_hkdf_salt(hkdf, bytes_of(salt), static_cast<int>(salt.size())) == 1 &&
         EVP_PKEY_CTX_set1_hkdf_key(hkdf, key.secret.data(), static_cast<int>(key.secret.size())) == 1 &&
         EVP_PKEY_CTX_add1_hkdf_info(hkdf, bytes_of(kInfo), static_cast<int>(kInfo.size())) == 1 &&
         EVP_PKEY_derive(hkdf, out.bytes.data(), &size) == 1 && size == out.bytes.size();
}

}  // namespace

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24U), static_cast<char>(value >> 16U & 255U),
          static_cast<char>(value >> 8U & 255U), static_cast<char>(value & 255U)};
}

std::uint32_t from_big_endian(std::string_view four) {
  std::uint32_t value = 0;
  for (const char c : four.substr(0, 4)) value = value << 8U | static_cast<unsigned char>(c);
  return value;
}

std::string to_bytes(const Head& head) {
  return std::string(kMagic).append(from_hex(head.key_id).value()).append(from_hex(head.seal_id).value());
}

std::optional<Head> parse_head(std::string_view bytes) {
  if (bytes.size() != kHeadSize || !bytes.starts_with(kMagic)) return std::nullopt;
  return Head{to_hex(bytes.substr(kMagic.size(), kKeyIdSize)), to_hex(bytes.substr(kHeadSize - kSealIdSize))};
}

std::uint32_t to_word(ChunkLength length) {
  return static_cast<std::uint32_t>(length.size) | (length.is_last ? kLastBit : 0U);
}

std::optional<ChunkLength> parse_length(std::string_view word) {
  const auto value = from_big_endian(word);
  const ChunkLength length{value & ~kLastBit, (value & kLastBit) != 0};
  const bool is_possible =
      length.is_last ? length.size > 0 && length.size <= kChunkSize : length.size == kChunkSize;
  return is_possible ? std::optional(length) : std::nullopt;
}

Result<ChunkCipher> ChunkCipher::make(const Key& key, std::string_view head, Way way) {
  SealKey seal_key;
  if (!derive(key, head.substr(kHeadSize - kSealIdSize), seal_key))
    return openssl_failed("derive a seal's key");
  Context context(EVP_CIPHER_CTX_new());
  if (context == nullptr || EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                                              seal_key.bytes.data(), nullptr, way == Way::Seal ? 1 : 0) != 1)
    return openssl_failed("use AES-256-GCM");
  return ChunkCipher(std::move(context), head);
}

/// Nonce and associated data of the next chunk.
bool ChunkCipher::begin(std::string_view length_word) {
  std::array<unsigned char, kNonceSize> nonce{};
  auto number = number_++;
  for (auto i = nonce.rbegin(); number != 0; ++i, number >>= 8U)
    *i = static_cast<unsigned char>(number & 255U);
  return EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, nonce.data(), -1) == 1 &&
         update(head_, nullptr) && update(length_word, nullptr);
}

bool ChunkCipher::update(std::string_view bytes, unsigned char* out) {
  int size = 0;
  return EVP_CipherUpdate(context_.get(), out, &size, bytes_of(bytes), static_cast<int>(bytes.size())) == 1 &&
         size == static_cast<int>(bytes.size());
}

Result<std::string_view> ChunkCipher::seal(std::string_view plain, bool is_last) {
  const auto word = big_endian(to_word({plain.size(), is_last}));
  out_.resize(kLengthSize + plain.size() + kTagSize);
  std::ranges::copy(word, out_.begin());
  int rest = 0;
  auto* const tag = bytes_of(out_, kLengthSize + plain.size());
  if (!begin(word) || !update(plain, bytes_of(out_, kLengthSize)) ||
      EVP_CipherFinal_ex(context_.get(), tag, &rest) != 1 ||
      EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, tag) != 1)
    return openssl_failed("encrypt");
  return std::string_view(out_);
}

Result<std::string_view> ChunkCipher::open(std::string_view length_word,
                                           std::string_view ciphertext_and_tag) {
  const auto cipher = ciphertext_and_tag.substr(0, ciphertext_and_tag.size() - kTagSize);
  std::array<unsigned char, kTagSize> tag{};
  std::ranges::copy(ciphertext_and_tag.substr(cipher.size()), tag.begin());
  out_.resize(cipher.size() + kTagSize);
  if (!begin(length_word) || !update(cipher, bytes_of(out_, 0)) ||
      EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) != 1)
    return openssl_failed("decrypt");
  int rest = 0;
  if (EVP_CipherFinal_ex(context_.get(), bytes_of(out_, cipher.size()), &rest) != 1) {
    ERR_clear_error();
    OPENSSL_cleanse(out_.data(), out_.size());
    return fail(Failure::Refused,
                "the seal was changed: chunk " + std::to_string(number_) + " does not authenticate");
  }
  return std::string_view(out_).substr(0, cipher.size());
}

}  // namespace pams::milter::seal
