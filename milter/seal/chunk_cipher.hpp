/// Version 1 of the sealed form, piece by piece: the head, and chunks under a key of their seal alone.
/// README.md has the bytes. One object, one seal, one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "milter/seal/key_ring.hpp"
#include "rules/base/c_ptr.hpp"

namespace pams::milter::seal {

inline constexpr std::string_view kMagic = "PAMSEAL1";
inline constexpr std::size_t kKeyIdSize = 8;
inline constexpr std::size_t kSealIdSize = 16;
inline constexpr std::size_t kHeadSize = 32;
inline constexpr std::size_t kLengthSize = 4;
inline constexpr std::size_t kChunkSize = 65536;  ///< of plaintext; only the last chunk is shorter
inline constexpr std::size_t kTagSize = 16;

struct Head {
  std::string key_id;   ///< 16 hex digits
  std::string seal_id;  ///< 32 hex digits
};
std::string to_bytes(const Head& head);
/// nullopt unless it is kHeadSize bytes that begin with kMagic.
std::optional<Head> parse_head(std::string_view bytes);

/// The word in front of a chunk: how long it is, and whether another one follows.
struct ChunkLength {
  std::size_t size;
  bool is_last;
};
std::uint32_t to_word(ChunkLength length);
/// nullopt when no chunk can be so long.
std::optional<ChunkLength> parse_length(std::string_view word);

std::string big_endian(std::uint32_t value);
std::uint32_t from_big_endian(std::string_view four);

/// Seals the chunks of one seal, or opens them, in their order. Failure::Temporary when OpenSSL cannot work.
class ChunkCipher {
 public:
  enum class Way { Seal, Open };
  static Result<ChunkCipher> make(const Key& key, std::string_view head, Way way);

  /// Length word, ciphertext and tag. The view lasts until the next call.
  Result<std::string_view> seal(std::string_view plain, bool is_last);
  /// The plaintext of `ciphertext_and_tag`. Failure::Refused when it is not what was sealed in this place.
  Result<std::string_view> open(std::string_view length_word, std::string_view ciphertext_and_tag);

 private:
  /// Wipes what it knows of the key.
  using Context = CPtr<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
  ChunkCipher(Context context, std::string_view head) : context_(std::move(context)), head_(head) {}

  bool begin(std::string_view length_word);
  bool update(std::string_view bytes, unsigned char* out);

  Context context_;
  std::string head_;
  std::uint64_t number_ = 0;
  std::string out_;
};

}  // namespace pams::milter::seal
