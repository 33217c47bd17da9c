/// Encoded words of RFC 2047 ("=?utf-8?Q?caf=C3=A9?="): text in header fields beyond ASCII.
/// Pure; any thread. Linear; nothing fails.
#pragma once

#include <string>
#include <string_view>

namespace pams {

/// `value` with its encoded words as UTF-8. Blanks between two of them vanish (section 6.2); neighbours of
/// one charset are joined before they are converted, because senders cut characters in two. Charsets, unknown
/// ones too, are read as to_utf8 reads them, bytes outside words as header_to_utf8 does. A broken word stays
/// as it is.
std::string decode_words(std::string_view value);

/// `utf8` as one or several words of at most 75 characters, one blank between them. Characters stay whole.
std::string encode_words(std::string_view utf8);

}  // namespace pams
