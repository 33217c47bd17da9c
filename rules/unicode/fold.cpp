#include "rules/unicode/fold.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "rules/base/text.hpp"

namespace pams {
namespace {

using Instance = const icu::Normalizer2* (*)(UErrorCode&);

std::string normalized(std::string_view utf8, Instance instance) {
  UErrorCode error = U_ZERO_ERROR;
  const auto* form = instance(error);
  if (U_FAILURE(error)) throw std::runtime_error("ICU has no data for a normalization form");
  std::string out;
  icu::StringByteSink<std::string> sink(&out, static_cast<std::int32_t>(utf8.size()));
  form->normalizeUTF8(0, icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size())), sink, nullptr,
                      error);
  if (U_FAILURE(error)) throw std::runtime_error("ICU could not normalize a text");
  return out;
}

bool is_plain(char c) { return text::is_ascii(c) && (c >= ' ' ? c != 0x7F : c >= '\t' && c <= '\r'); }

bool is_visible(UChar32 character) {
  constexpr UChar32 kNextLine = 0x85;
  if (character < 0x80) return is_plain(static_cast<char>(character));
  const auto category = u_charType(character);
  return category != U_FORMAT_CHAR && (category != U_CONTROL_CHAR || character == kNextLine) &&
         u_hasBinaryProperty(character, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) == 0;
}

/// Before normalizing, not after it: what an invisible character kept apart composes then. What is not UTF-8,
/// which ICU would pass on as it is, becomes U+FFFD.
std::string visible(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(utf8.data());
  const auto size = static_cast<std::int32_t>(utf8.size());
  for (std::int32_t at = 0; at < size;) {
    const auto begin = at;
    UChar32 character = 0;
    U8_NEXT_OR_FFFD(bytes, at, size, character);
    if (character == 0xFFFD) {
      out += "\xEF\xBF\xBD";
    } else if (is_visible(character)) {
      out.append(utf8, static_cast<std::size_t>(begin), static_cast<std::size_t>(at - begin));
    }
  }
  return out;
}

}  // namespace

std::string folded(std::string_view utf8) {
  if (std::ranges::all_of(utf8, is_plain)) return text::to_lower(utf8);
  return normalized(visible(utf8), icu::Normalizer2::getNFKCCasefoldInstance);
}

std::string without_compatibility_forms(std::string_view utf8) {
  if (std::ranges::all_of(utf8, is_plain)) return std::string(utf8);
  return normalized(visible(utf8), icu::Normalizer2::getNFKCInstance);
}

std::string composed(std::string_view utf8) {
  return text::is_ascii(utf8) ? std::string(utf8) : normalized(utf8, icu::Normalizer2::getNFCInstance);
}

}  // namespace pams
