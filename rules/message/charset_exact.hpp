/// Character sets for writing: what an inserted text is in a part's own charset, and whether ASCII may be put
/// into it at all. Reading for conditions, which forgives everything, is charset.hpp's to_utf8; here a byte
/// that does not fit is an answer ("no"), never a replacement character. Pure; any thread. Linear.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pams {

enum class CharsetKind {
  Ascii,      ///< us-ascii, or not given
  Superset,   ///< every ASCII byte means itself, no shift states: utf-8, iso-8859-*, koi8-r, gb18030, ...
  Iso2022Jp,  ///< ASCII only after ESC ( B (iso_2022.hpp)
  Wide,       ///< known, but ASCII bytes do not mean themselves: utf-16, utf-7, hz, iso-2022-kr, EBCDIC
  Unknown,
};
CharsetKind charset_kind(std::string_view charset);

/// `utf8` in `charset`; nothing when the charset is unknown or cannot hold every character, to the letter of
/// the label and for those who read it as more than it says.
std::optional<std::string> encode_charset(std::string_view utf8, std::string_view charset);

/// `bytes` of `charset` as UTF-8; nothing unless they decode cleanly and encode to the same bytes again.
/// iso-8859-1 with bytes 80-9F is not clean: readers show those as windows-1252, its letter says controls.
std::optional<std::string> decode_charset(std::string_view bytes, std::string_view charset);

bool is_utf8(std::string_view bytes);

/// The same words in ASCII ("één €" -> "een EUR"), with "?" for a letter that has no such form; nothing when
/// more than one in ten would be lost.
std::optional<std::string> transliterate(std::string_view utf8);

}  // namespace pams
