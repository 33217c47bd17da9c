/// Content transfer encodings (RFC 2045 section 6) undone, as mail programs do it: what is damaged is read as
/// far as it goes. Pure; any thread. Linear; nothing fails.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pams {

/// Bytes outside the alphabet are skipped; several padded runs are read one after the other.
std::string decode_base64(std::string_view encoded);
/// How many bytes decode_base64 would give, without making them.
std::uint64_t decoded_base64_size(std::string_view encoded);

/// Soft line breaks joined, blanks at line ends dropped (RFC 2045 6.7 rule 3); a stray "=" stays.
std::string decode_quoted_printable(std::string_view encoded);

/// The "Q" encoding of RFC 2047 4.2.
std::string decode_q_word(std::string_view encoded);

/// "%41" of RFC 2231 parameters.
std::string decode_percent(std::string_view encoded);

}  // namespace pams
