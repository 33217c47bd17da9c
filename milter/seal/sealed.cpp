#include "milter/seal/sealed.hpp"

#include <stdexcept>

#include <openssl/err.h>
#include <openssl/rand.h>

#include "milter/seal/chunk_cipher.hpp"
#include "milter/seal/contents_text.hpp"
#include "milter/seal/fixed_seal.hpp"
#include "milter/seal/text_forms.hpp"

namespace pams::milter::seal {

/// Collects a chunk of plaintext; a full one goes out when more comes, so that the last is never empty.
struct Sealer::State {
  State(SealId seal_id, const Key& key, const Contents& contents, Sink sink)
      : id(std::move(seal_id)),
        head(to_bytes(Head{key.id(), id})),
        cipher(ChunkCipher::make(key, head, ChunkCipher::Way::Seal)),
        first(to_json(contents)),
        out(std::move(sink)) {
    plain.reserve(kChunkSize);
  }

  Status begin() {
    if (first.size() > kLargestContents)
      return fail(Failure::Refused,
                  "the envelope is too large to be sealed: " + std::to_string(first.size()) + " bytes");
    if (!cipher) return tl::unexpected(cipher.error());
    has_begun = true;
    if (auto written = out(head); !written) return written;
    if (auto added = append(big_endian(static_cast<std::uint32_t>(first.size()))); !added) return added;
    return append(first);
  }

  Status append(std::string_view bytes) {
    while (!bytes.empty()) {
      if (plain.size() == kChunkSize)
        if (auto written = write_chunk(false); !written) return written;
      const auto piece = bytes.substr(0, kChunkSize - plain.size());
      plain += piece;
      bytes.remove_prefix(piece.size());
    }
    return {};
  }

  Status write_chunk(bool is_last) {
    const auto chunk = cipher->seal(plain, is_last);
    if (!chunk) return tl::unexpected(chunk.error());
    plain.clear();
    return out(*chunk);
  }

  /// Runs a step; after one that failed or threw there is none.
  template <class Step>
  Status guarded(Step step) {
    if (is_over) return fail(Failure::Temporary, "the seal is finished or has failed");
    is_over = true;
    auto done = has_begun ? Status() : begin();
    if (done) done = step();
    is_over = !done;
    return done;
  }

  const SealId id;
  const std::string head;
  Result<ChunkCipher> cipher;
  const std::string first;
  const Sink out;
  std::string plain;
  bool has_begun = false;
  bool is_over = false;
};

SealId new_seal_id() {
  std::string bytes(kSealIdSize, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) != 1) {
    ERR_clear_error();
    throw std::runtime_error("OpenSSL has no random bytes for a seal");
  }
  return to_hex(bytes);
}

Sealer FixedSeal::sealer(const SealId& id, const Key& key, const Contents& contents, Sink out) {
  if (!is_lower_hex(id, kSealIdSize * 2)) throw std::invalid_argument("no id of a seal");
  return Sealer(std::make_unique<Sealer::State>(id, key, contents, std::move(out)));
}

Sealer::Sealer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Sealer::Sealer(const Key& key, const Contents& contents, Sink out)
    : state_(std::make_unique<State>(new_seal_id(), key, contents, std::move(out))) {}
Sealer::Sealer(Sealer&&) noexcept = default;
Sealer::~Sealer() = default;

const SealId& Sealer::id() const { return state_->id; }

Status Sealer::add(std::string_view bytes) {
  return state_->guarded([&] { return state_->append(bytes); });
}

Status Sealer::finish() {
  auto finished = state_->guarded([&] { return state_->write_chunk(true); });
  state_->is_over = true;
  return finished;
}

}  // namespace pams::milter::seal
