/// ASCII text helpers. Locale never matters; bytes above 127 compare as they are. Any thread.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pams::text {

inline constexpr std::string_view kBlank = " \t\r\n";

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
constexpr bool is_alnum(char c) { return is_digit(c) || is_alpha(c); }
constexpr bool is_ascii(char c) { return static_cast<unsigned char>(c) < 128; }
inline bool is_ascii(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return is_ascii(c); });
}

inline bool iequals(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}
inline bool istarts_with(std::string_view s, std::string_view head) {
  return s.size() >= head.size() && iequals(s.substr(0, head.size()), head);
}
inline bool iends_with(std::string_view s, std::string_view tail) {
  return s.size() >= tail.size() && iequals(s.substr(s.size() - tail.size()), tail);
}

inline std::string_view trim_left(std::string_view s, std::string_view blank = kBlank) {
  const auto first = s.find_first_not_of(blank);
  return first == std::string_view::npos ? std::string_view{} : s.substr(first);
}
inline std::string_view trim_right(std::string_view s, std::string_view blank = kBlank) {
  return s.substr(0, s.find_last_not_of(blank) + 1);
}
inline std::string_view trim(std::string_view s, std::string_view blank = kBlank) {
  return trim_right(trim_left(s, blank), blank);
}

inline std::string to_lower(std::string_view s) {
  std::string out(s);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

/// "a", "b" with ", " -> "a, b".
std::string join(std::span<const std::string> words, std::string_view between);
/// Splits at every `separator`; pieces are not trimmed and may be empty. "" gives one empty piece.
std::vector<std::string_view> split(std::string_view s, char separator);
/// Every `from` replaced by `to`. `from` must not be empty.
std::string replace_all(std::string_view s, std::string_view from, std::string_view to);
/// The candidate within edit distance 2 (3 for words over 8 letters) of `word`; "" when none is near.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);
/// C0/C1 control bytes, DEL, broken UTF-8 and bidi overrides as \xNN, cut to `maximum` bytes: safe for a log
/// line or a terminal.
std::string printable(std::string_view s, std::size_t maximum = 512);

}  // namespace pams::text
