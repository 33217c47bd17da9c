/// The sealed form of a message: encrypted and authenticated bytes that only a holder of the key can read or
/// make. Streaming both ways, at the memory of a few chunks; milter/seal/README.md has the format, byte by
/// byte. One object, one message, one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "milter/base/durable_file.hpp"
#include "milter/seal/key_ring.hpp"

namespace pams::milter::seal {

using milter::Sink;

/// What stands in front of the message inside the seal.
struct Contents {
  enum class Kind { Message, JournalReport };
  struct Recipient {
    std::string address;  ///< as the client gave it, without brackets
    std::string
        parameters;  ///< of RCPT (RFC 3461), with blanks between them: "NOTIFY=NEVER ORCPT=rfc822;a@b"
    bool operator==(const Recipient&) const = default;
  };
  Kind kind = Kind::Message;
  std::string connector;    ///< the name of the [[outbound_connector]]; "" for a report
  std::string sender;       ///< "" = null sender
  std::string envelope_id;  ///< "ENVID=..." of MAIL, or ""
  std::vector<Recipient> recipients;
  std::string queue_id;    ///< of the MTA when it was sealed
  std::uint64_t size = 0;  ///< of the message in bytes on the wire, header and body
  bool has_8bit = false;   ///< some byte of it is above 127
  bool has_8bit_header = false;
  std::chrono::sys_seconds sealed_at;
  bool operator==(const Contents&) const = default;
};

/// 32 hex digits, random, made anew for each seal.
using SealId = std::string;

class Sealer {
 public:
  /// `out` gets the sealed bytes as they are made. `key` is used here alone. Throws std::runtime_error when
  /// OpenSSL gives no random bytes.
  Sealer(const Key& key, const Contents& contents, Sink out);
  Sealer(Sealer&&) noexcept;
  ~Sealer();

  const SealId& id() const;
  /// More of the message. Fails as `out` does; Failure::Refused when the contents are over 4 MiB. After a
  /// failure every further call fails.
  Status add(std::string_view bytes);
  /// Once, at the end: without it nothing that was made opens to its end.
  Status finish();

 private:
  friend struct FixedSeal;  // milter/seal/fixed_seal.hpp
  struct State;
  explicit Sealer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Takes sealed bytes in pieces of any size and gives out what they hold. Nothing is given out before it is
/// authenticated. Never throws for what it is fed.
class Opener {
 public:
  /// Called once, before the first byte of the message.
  using OnContents = std::function<Status(const SealId& id, const Contents& contents)>;

  /// `keys` must outlive this.
  Opener(const KeyRing& keys, OnContents on_contents, Sink on_message);
  Opener(Opener&&) noexcept;
  ~Opener();

  /// Failure::Misconfigured: sealed with a key that `keys` does not have. Failure::Refused: not one of our
  /// seals, or changed. Otherwise as the callbacks fail. After a failure every further call fails.
  Status add(std::string_view sealed_bytes);
  /// The sealed bytes are over. Failure::Refused when the seal is cut short or something stands after its
  /// end: then what was given out is not the whole message and must not be completed anywhere.
  Status finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pams::milter::seal
