#include "rules/mime/transfer.hpp"

#include "rules/mime/base64.hpp"
#include "rules/mime/quoted_printable.hpp"

namespace pams::mime {

std::optional<Transfer> transfer_of(const MimePart& part) {
  if (part.encoding.empty() || part.encoding == "7bit" || part.encoding == "8bit" ||
      part.encoding == "binary")
    return Transfer::Identity;
  if (part.encoding == "quoted-printable") return Transfer::QuotedPrintable;
  if (part.encoding == "base64") return Transfer::Base64;
  return std::nullopt;
}

std::optional<PartText> PartText::read(const MimePart& part, std::string_view body) {
  const auto transfer = transfer_of(part);
  if (!transfer) return std::nullopt;
  PartText text(*transfer, body, part.content);
  if (*transfer == Transfer::Identity) return text;
  text.is_decoded_ = true;
  if (*transfer == Transfer::QuotedPrintable) {
    text.decoded_ = decode_quoted_printable(text.raw_);
    return text;
  }
  auto decoded = decode_base64(text.raw_);
  if (!decoded) return std::nullopt;
  text.decoded_ = std::move(*decoded);
  return text;
}

Splice PartText::insert(std::size_t at, std::string_view bytes) const {
  switch (transfer_) {
    case Transfer::QuotedPrintable:
      return insert_quoted_printable(body_, content_, at, bytes);
    case Transfer::Base64:
      return insert_base64(body_, content_, decoded_, at, bytes);
    case Transfer::Identity:
      break;
  }
  const auto here = content_.begin + at;
  return {{here, here}, std::string(bytes)};
}

Splice PartText::replace(std::string_view bytes) const {
  return transfer_ == Transfer::Base64 ? replace_base64(body_, content_, bytes)
                                       : Splice{content_, encode_quoted_printable(bytes)};
}

}  // namespace pams::mime
