/// Charsets that write everything in bytes below 80: text that looks like ASCII and is not. Pure; any thread.
/// Linear.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pams {

enum class SevenBit {
  None,     ///< ASCII, or bytes beyond it
  Iso2022,  ///< iso-2022-jp and its kin (iso_2022.hpp)
  Hz,       ///< hz-gb-2312 (RFC 1843): ~{VPND~}
  Utf7,     ///< RFC 2152: caf+AOk-
};

/// Which one `text` may be in, whatever its label says. "+" and "~" are ordinary in ASCII: text is UTF-7 only
/// when each "+" in it begins something that UTF-7 can hold, and HZ when something stands in ~{ ~}.
SevenBit seven_bit_charset(std::string_view text);

/// Whether lines of ASCII put at `at` would be ASCII there, and what follows still what it was.
bool is_ascii_at(SevenBit charset, std::string_view text, std::size_t at);

/// HZ as UTF-8.
std::string read_hz(std::string_view text);

}  // namespace pams
