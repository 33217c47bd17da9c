#include "rules/message/charset_exact.hpp"

#include <algorithm>
#include <utility>

#include <glib.h>

#include "rules/base/c_ptr.hpp"
#include "rules/base/text.hpp"
#include "rules/base/utf8.hpp"
#include "rules/message/charset_label.hpp"
#include "rules/message/conversion.hpp"

namespace pams {
namespace {

std::optional<std::string> convert(std::string_view in, const std::string& to, const std::string& from) {
  Conversion conversion(to, from);
  return conversion.is_open() ? conversion.exact(in) : std::nullopt;
}

bool is_ascii_name(std::string_view charset, std::string_view name) {
  return charset.empty() || name == "US-ASCII";
}

/// The parts of ISO 8859 say controls where windows-125x, as which they are read, says quotes.
bool is_ambiguous(std::string_view bytes, const CharsetNames& names) {
  return names.reading != names.writing && names.writing.starts_with("ISO-8859-") &&
         std::ranges::any_of(bytes, [](char c) { return static_cast<unsigned char>(c) - 0x80U < 0x20U; });
}

/// Whether `bytes`, which those who read the label as more than it says can read, keep to its letter.
bool keeps_to_letter(std::string_view bytes, const CharsetNames& names) {
  return names.reading == names.writing ||
         (!is_ambiguous(bytes, names) && convert(bytes, "UTF-8", names.writing).has_value());
}

std::string ascii_sample() {
  std::string sample = "\t\r\n";
  for (char c = ' '; c <= '~'; ++c) sample += c;
  return sample;
}

/// Families in which ASCII bytes do not always mean themselves; iconv does not know all of their names.
bool is_of_wide_family(std::string_view charset) {
  constexpr std::string_view kFamilies[] = {"hz",       "utf-7",     "utf-16",  "utf-32",     "ucs",
                                            "iso-2022", "csiso2022", "unicode", "utf-ebcdic", "ebcdic",
                                            "scsu",     "bocu",      "jis_"};
  return std::ranges::any_of(kFamilies, [&](auto family) { return text::istarts_with(charset, family); });
}

}  // namespace

CharsetKind charset_kind(std::string_view charset) {
  const auto [reading, name] = charset_names(charset);
  if (is_ascii_name(charset, name)) return CharsetKind::Ascii;
  if (name == "UTF-8") return CharsetKind::Superset;
  if (reading == "ISO-2022-JP") return CharsetKind::Iso2022Jp;
  if (is_of_wide_family(charset) || is_of_wide_family(name)) return CharsetKind::Wide;
  if (name.empty()) return CharsetKind::Unknown;
  // A charset with shift states takes their sequences for itself, or refuses them where they do not belong.
  const auto sample = ascii_sample() + "~{~}+-\x1b(B\x1b)B";
  return convert(sample, "UTF-8", reading) == sample ? CharsetKind::Superset : CharsetKind::Wide;
}

std::optional<std::string> encode_charset(std::string_view utf8, std::string_view charset) {
  const auto names = charset_names(charset);
  if (is_ascii_name(charset, names.writing))
    return text::is_ascii(utf8) ? std::optional<std::string>(utf8) : std::nullopt;
  if (names.writing == "UTF-8") return std::string(utf8);
  if (names.writing.empty()) return std::nullopt;
  auto bytes = convert(utf8, names.reading, "UTF-8");
  return bytes && keeps_to_letter(*bytes, names) ? bytes : std::nullopt;
}

std::optional<std::string> decode_charset(std::string_view bytes, std::string_view charset) {
  const auto names = charset_names(charset);
  if (is_ascii_name(charset, names.writing))
    return text::is_ascii(bytes) ? std::optional<std::string>(bytes) : std::nullopt;
  if (names.writing.empty() || is_ambiguous(bytes, names)) return std::nullopt;
  auto utf8 = convert(bytes, "UTF-8", names.reading);
  return utf8 && convert(*utf8, names.reading, "UTF-8") == bytes ? utf8 : std::nullopt;
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto length = utf8_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::optional<std::string> transliterate(std::string_view utf8) {
  const std::string in(utf8);
  const GChars ascii(g_str_to_ascii(in.c_str(), "C"));
  std::string out(ascii.get());
  // glib writes "?" for what it does not know. A letter here and there leaves a text that can be read; more
  // does not.
  const auto unknown = std::ranges::count(out, '?') - std::ranges::count(in, '?');
  if (unknown * 10 > static_cast<std::ptrdiff_t>(out.size())) return std::nullopt;
  return out;
}

}  // namespace pams
