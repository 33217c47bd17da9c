/// How much of foreign text the trace keeps, and how it is cut: never within a UTF-8 character. Pure; any
/// thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pams::milter::trace {

inline constexpr std::size_t kMaxEventText = 1000;
inline constexpr std::size_t kMaxMessageId = 998;  ///< RFC 5322 2.1.1: a line
inline constexpr std::size_t kMaxAddress = 512;
inline constexpr std::size_t kMaxReply = 500;

inline std::string utf8_cut(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  while (max_bytes > 0 && (static_cast<unsigned char>(text[max_bytes]) & 0xC0U) == 0x80U) --max_bytes;
  return std::string(text.substr(0, max_bytes));
}

inline std::string first_characters(std::string_view text, std::size_t characters) {
  std::size_t end = 0;
  for (; end < text.size(); ++end)
    if ((static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U && characters-- == 0) break;
  return std::string(text.substr(0, end));
}

}  // namespace pams::milter::trace
