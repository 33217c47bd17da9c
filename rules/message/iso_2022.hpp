/// Text in the 7-bit forms of ISO 2022 (iso-2022-jp and its kin): escape sequences say which characters the
/// bytes that follow are, so that "$B" may be a kanji. Pure; any thread. Linear.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace pams {

/// Whether `text` may be such text, whatever its label says: it designates a set other than ASCII, or shifts
/// (SO, SI) with no byte above 7F: binary data in a text, such as yEnc, holds those bytes, too. Colours of a
/// terminal (ESC [) and its return to ASCII (ESC ( B) are no sign of it.
bool is_iso_2022(std::string_view text);

/// Whether ASCII put at `at` is ASCII there. False also where that cannot be told: in text that shifts, and
/// inside a sequence.
bool is_ascii_in_iso_2022(std::string_view text, std::size_t at);

/// `text` of the same length with every character of two bytes as letters, so that no "<" is left in it that
/// is none.
std::string mask_iso_2022(std::string_view text);

/// `text` as UTF-8, Japanese as Windows has it (NEC's and IBM's characters too). A line end returns to ASCII.
/// What stands in no set is given to `plain`.
std::string read_iso_2022(std::string_view text, const std::function<std::string(std::string_view)>& plain);

}  // namespace pams
