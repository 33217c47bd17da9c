#include "rules/mime/protected_part.hpp"

#include <algorithm>
#include <string_view>

#include "rules/mime/transfer.hpp"

namespace pams::mime {
namespace {

/// Signatures cover these byte for byte, or their children are no renderings of a message's text.
constexpr std::string_view kFrozenMultiparts[] = {
    "multipart/signed",    "multipart/encrypted",   "multipart/report",
    "multipart/form-data", "multipart/appledouble", "multipart/digest",
};

std::optional<std::string> why_multipart_protected(const MimePart& part) {
  if (std::ranges::find(kFrozenMultiparts, std::string_view(part.type)) != std::end(kFrozenMultiparts))
    return part.type;
  if (part.is_leaf()) return part.type + " that cannot be split";
  // RFC 2045 6.4: an encoded multipart is illegal; readers disagree about what it holds.
  if (transfer_of(part) != Transfer::Identity) return part.type + " with a transfer encoding";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> why_protected(const MimePart& part) {
  // RFC 2183 2.8: an unknown disposition is an attachment.
  if (!part.disposition.empty() && part.disposition != "inline") return "attachment";
  if (part.is_multipart()) return why_multipart_protected(part);
  if (part.type != "text/plain" && part.type != "text/html") return part.type;
  // RFC 2045 6.4: a text in an unknown encoding is opaque, hence no rendering of the message.
  if (!transfer_of(part)) return "transfer encoding " + part.encoding;
  return std::nullopt;
}

bool is_named_text(const MimePart& part) { return part.is_leaf() && !part.filename.empty(); }

}  // namespace pams::mime
