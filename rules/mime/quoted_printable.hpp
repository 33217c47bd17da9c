/// Quoted-printable (RFC 2045 6.7) for edits: the decoded text, the raw place of a decoded offset, and an
/// insertion that leaves all other encoded bytes as they are. Forgiving as mail readers are: a "=" that
/// begins no code stands for itself, blanks at the end of a line are dropped. Pure; any thread. Linear.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "rules/mime/splice.hpp"

namespace pams::mime {

std::string decode_quoted_printable(std::string_view raw);

/// CRLF stays a line break; every other byte that may not stand for itself is encoded. Lines have at most 76
/// bytes, and no soft break stands inside a UTF-8 character.
std::string encode_quoted_printable(std::string_view bytes);

/// Puts `bytes` in front of the decoded offset `at`; `content` is the part's raw content inside `body`.
/// `bytes` must end with CRLF unless `at` is the end of the decoded text.
Splice insert_quoted_printable(std::string_view body, Span content, std::size_t at, std::string_view bytes);

}  // namespace pams::mime
