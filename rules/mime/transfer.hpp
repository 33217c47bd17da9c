/// A part's transfer encoding, for edits: what its text is, and how inserted bytes are written into it. Parts
/// whose text readers may see differently have none. Pure; any thread. Linear.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/mime/splice.hpp"

namespace pams::mime {

enum class Transfer { Identity, QuotedPrintable, Base64 };

/// RFC 2045 6.4: a part with any other encoding is opaque, whatever its type says; nothing then.
std::optional<Transfer> transfer_of(const MimePart& part);

/// A part's decoded text. A view of the body where nothing was encoded.
class PartText {
 public:
  static std::optional<PartText> read(const MimePart& part, std::string_view body);

  std::string_view view() const { return is_decoded_ ? std::string_view(decoded_) : raw_; }
  Transfer transfer() const { return transfer_; }

  /// The edit that puts `bytes` in front of the decoded offset `at`. They end with a line end unless `at` is
  /// the end of the text.
  Splice insert(std::size_t at, std::string_view bytes) const;
  /// The edit that makes `bytes` the whole text; an identity part becomes quoted-printable.
  Splice replace(std::string_view bytes) const;

 private:
  PartText(Transfer transfer, std::string_view body, Span content)
      : transfer_(transfer),
        body_(body),
        content_(content),
        raw_(body.substr(content.begin, content.size())) {}

  Transfer transfer_;
  std::string_view body_;
  Span content_;
  std::string_view raw_;
  std::string decoded_;
  bool is_decoded_ = false;
};

}  // namespace pams::mime
