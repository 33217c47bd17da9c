#include <algorithm>
#include <optional>

#include <openssl/evp.h>

#include "milter/seal/chunk_cipher.hpp"
#include "milter/seal/contents_text.hpp"
#include "milter/seal/sealed.hpp"

namespace pams::milter::seal {
namespace {

tl::unexpected<Error> refused(const std::string& why) { return fail(Failure::Refused, why); }

}  // namespace

/// Collects one piece of the format after the other: the head, a length word, a chunk, the next length word.
struct Opener::State {
  enum class Piece { Head, Length, Chunk, Nothing };

  State(const KeyRing& ring, OnContents contents, Sink message)
      : keys(ring), on_contents(std::move(contents)), on_message(std::move(message)) {}

  Status add(std::string_view bytes) {
    while (!bytes.empty()) {
      if (piece == Piece::Nothing) return refused("the seal was changed: something stands after its end");
      const auto part = bytes.substr(0, wanted - collected.size());
      collected += part;
      bytes.remove_prefix(part.size());
      if (collected.size() < wanted) break;
      if (auto taken = take(); !taken) return taken;
    }
    return {};
  }

  Status take() {
    const auto done = piece == Piece::Head     ? take_head()
                      : piece == Piece::Length ? take_length()
                                               : take_chunk();
    collected.clear();
    return done;
  }

  Status take_head() {
    const auto head = parse_head(collected);
    if (!head) return refused("not a seal of this program and version");
    const auto* key = keys.find(head->key_id);
    if (key == nullptr)
      return fail(Failure::Misconfigured, "sealed with key " + head->key_id +
                                              ", which the seal key file does not hold; put its line back");
    auto made = ChunkCipher::make(*key, collected, ChunkCipher::Way::Open);
    if (!made) return tl::unexpected(made.error());
    cipher.emplace(std::move(made).value());
    id = head->seal_id;
    await(Piece::Length, kLengthSize);
    return {};
  }

  Status take_length() {
    const auto length = parse_length(collected);
    if (!length) return refused("the seal was changed: a chunk of a length that there cannot be");
    word = collected;
    is_last = length->is_last;
    await(Piece::Chunk, length->size + kTagSize);
    return {};
  }

  Status take_chunk() {
    const auto plain = cipher->open(word, collected);
    if (!plain) return tl::unexpected(plain.error());
    if (is_last)
      await(Piece::Nothing, 0);
    else
      await(Piece::Length, kLengthSize);
    return give(*plain);
  }

  void await(Piece next, std::size_t size) {
    piece = next;
    wanted = size;
  }

  /// Authenticated bytes: the contents' length, the contents, the message.
  Status give(std::string_view plain) {
    if (!is_opened) {
      if (auto read = read_contents(plain); !read) return read;
      if (!is_opened) return {};
    }
    return plain.empty() ? Status() : on_message(plain);
  }

  Status read_contents(std::string_view& plain) {
    const auto move = [&](std::size_t until) {
      const auto part = plain.substr(0, until - std::min(until, first.size()));
      first += part;
      plain.remove_prefix(part.size());
      return first.size() >= until;
    };
    if (!move(kLengthSize)) return {};
    const std::size_t size = from_big_endian(first);
    if (size > kLargestContents) return refused("the seal holds an envelope of more than 4 MiB");
    if (!move(kLengthSize + size)) return {};
    const auto contents = parse_contents(std::string_view(first).substr(kLengthSize));
    if (!contents) return refused("the seal holds an envelope that this version cannot read");
    is_opened = true;
    first = {};
    return on_contents(id, *contents);
  }

  Status finish() const {
    if (piece != Piece::Nothing || !is_opened) return refused("the seal is cut short");
    return {};
  }

  /// Runs a step; after one that failed every other fails as it did.
  template <class Step>
  Status guarded(Step step) {
    if (failed) return tl::unexpected(*failed);
    failed = Error{Failure::Temporary, "opening the seal was interrupted"};  // stays when the step throws
    auto done = step();
    if (done)
      failed.reset();
    else
      failed = done.error();
    return done;
  }

  const KeyRing& keys;
  const OnContents on_contents;
  const Sink on_message;
  std::optional<ChunkCipher> cipher;
  SealId id;
  Piece piece = Piece::Head;
  std::size_t wanted = kHeadSize;
  std::string collected;
  std::string word;
  bool is_last = false;
  std::string first;  ///< the contents' length and what is there of them
  bool is_opened = false;
  std::optional<Error> failed;
};

Opener::Opener(const KeyRing& keys, OnContents on_contents, Sink on_message)
    : state_(std::make_unique<State>(keys, std::move(on_contents), std::move(on_message))) {}
Opener::Opener(Opener&&) noexcept = default;
Opener::~Opener() = default;

Status Opener::add(std::string_view sealed_bytes) {
  return state_->guarded([&] { return state_->add(sealed_bytes); });
}

Status Opener::finish() {
  return state_->guarded([&] { return state_->finish(); });
}

}  // namespace pams::milter::seal
