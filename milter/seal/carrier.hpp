/// The carrier: the message that the MTA holds in place of a sealed one. A readable header, a short note, and
/// the sealed bytes as an attachment in base64; 7-bit, lines of at most 76 characters.
///
///     From, To, Cc, Date, Message-ID   as in the message
///     Subject                          a neutral one with the time, or the message's own
///     X-PAMS-Sealed: v1; id=SEAL; key=KEYID; via=TRANSPORT
///     MIME-Version, Content-Type: multipart/mixed; boundary="=_pams_SEAL"
///
/// One object, one message, one thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "milter/seal/sealed.hpp"
#include "rules/message/message.hpp"

namespace pams::milter::seal {

/// Marks a carrier, and lets the MTA's rules choose its transport.
inline constexpr std::string_view kSealedHeader = "X-PAMS-Sealed";

/// What X-PAMS-Sealed says, readable for everybody and worth nothing by itself.
struct SealedField {
  SealId id;
  std::string key_id;
  std::string transport;  ///< the master.cf service or mailer that takes it
};
std::string to_value(const SealedField& field);  ///< "v1; id=...; key=...; via=pams"
/// nullopt when it is not one of ours.
std::optional<SealedField> parse_sealed_field(std::string_view value);

struct CarrierSettings {
  std::string transport;
  std::string destination;  ///< for the note: "smtp.zivver.com", or what takes the report
  bool keeps_subject = false;
  std::chrono::sys_seconds time;
};

/// What the contents say of the message's bytes.
void measure(const Message& message, Contents& contents);

/// Makes one carrier: header() first, then write_body().
class CarrierWriter {
 public:
  /// All arguments must outlive this. Throws std::invalid_argument when the transport is no name of one
  /// (letters, digits, "-", "_"; at most 100), std::runtime_error as Sealer does.
  CarrierWriter(const Key& key, const Contents& contents, const Message& message, CarrierSettings settings);

  const SealId& seal_id() const { return id_; }
  /// The carrier's fields in order, values as in HeaderField (leading blank, folds as "\r\n ").
  std::vector<HeaderField> header() const;
  /// The body, in pieces; once. Fails as Sealer does.
  Status write_body(const Sink& out);

 private:
  const Key& key_;
  const Contents& contents_;
  const Message& message_;
  const CarrierSettings settings_;
  const SealId id_;
  bool is_written_ = false;  // one id, one seal: two of one id would give its content away
};

/// Reads a carrier as it comes over the wire (CRLF lines, dots undone), in pieces of any size, and gives out
/// the message that it holds. Bounded memory whatever comes. Never throws for what it is fed.
class CarrierReader {
 public:
  struct Header {
    /// The fields that the MTA has put on top while it carried it: its Received, raw with their CRLF.
    std::string received;
    SealedField sealed;
  };
  /// Called once, when the seal's contents are authenticated and before the first byte of the message.
  using OnOpened = std::function<Status(const Header& header, const Contents& contents)>;

  /// `keys` must outlive this.
  CarrierReader(const KeyRing& keys, OnOpened on_opened, Sink on_message);
  CarrierReader(CarrierReader&&) noexcept;
  ~CarrierReader();

  /// As Opener::add and finish; Failure::Refused also when it is no carrier at all, or when the seal's own id
  /// is not the one that the header names.
  Status add(std::string_view bytes);
  Status finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pams::milter::seal
