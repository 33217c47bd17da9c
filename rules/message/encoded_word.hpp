/// Encoded words of RFC 2047 ("=?utf-8?Q?caf=C3=A9?="): text in header fields beyond ASCII.
/// Pure; any thread. Linear; nothing fails.
#pragma once

#include <string>
#include <string_view>

namespace pams {

/// `value` with its encoded words as UTF-8. Blanks between two of them vanish (section 6.2); neighbours of
/// one charset are joined before they are converted, because senders cut characters in two. A word that is
/// broken or of an unknown charset stays as it is; other bytes that are no UTF-8 become U+FFFD.
std::string decode_words(std::string_view value);

/// `utf8` as one or several words of at most 75 characters, one blank between them. Characters stay whole.
std::string encode_words(std::string_view utf8);

}  // namespace pams
