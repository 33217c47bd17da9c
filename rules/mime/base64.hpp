/// Base64 (RFC 2045 6.8) for edits: decoding that refuses damage, and an insertion that encodes anew only
/// from its own three bytes on, in the line length and line ends that the part has. Pure; any thread. Linear.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "rules/mime/splice.hpp"

namespace pams::mime {

/// Nothing when readers may disagree about what it says: foreign characters, padding in the middle, a length
/// that is no multiple of four.
std::optional<std::string> decode_base64(std::string_view raw);

/// In lines of 76 with CRLF between them and none at the end.
std::string encode_base64(std::string_view bytes);

/// Puts `bytes` in front of the decoded offset `at`. `decoded` is what decode_base64 made of the content.
Splice insert_base64(std::string_view body, Span content, std::string_view decoded, std::size_t at,
                     std::string_view bytes);

/// The whole content replaced by `bytes`, laid out in lines as it was.
Splice replace_base64(std::string_view body, Span content, std::string_view bytes);

}  // namespace pams::mime
