#include "rules/unicode/fold.hpp"

#include <cstdint>
#include <stdexcept>

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "rules/base/text.hpp"

namespace pams {
namespace {

const icu::Normalizer2& nfkc_casefold() {
  UErrorCode error = U_ZERO_ERROR;
  const auto* instance = icu::Normalizer2::getNFKCCasefoldInstance(error);
  if (U_FAILURE(error)) throw std::runtime_error("ICU has no data for NFKC_Casefold");
  return *instance;
}

/// Without those that NFKC_Casefold leaves (number signs of Arabic, interlinear annotation and the like);
/// what is not UTF-8, which ICU passes on as it is, as U+FFFD.
std::string without_format_characters(std::string_view utf8) {
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
    } else if (u_charType(character) != U_FORMAT_CHAR) {
      out.append(utf8, static_cast<std::size_t>(begin), static_cast<std::size_t>(at - begin));
    }
  }
  return out;
}

}  // namespace

std::string folded(std::string_view utf8) {
  if (text::is_ascii(utf8)) return text::to_lower(utf8);
  std::string out;
  icu::StringByteSink<std::string> sink(&out, static_cast<std::int32_t>(utf8.size()));
  UErrorCode error = U_ZERO_ERROR;
  nfkc_casefold().normalizeUTF8(0, icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size())),
                                sink, nullptr, error);
  if (U_FAILURE(error)) throw std::runtime_error("ICU could not fold a text");
  return without_format_characters(out);
}

}  // namespace pams
