#include "rules/message/transfer_encoding.hpp"

#include <array>
#include <optional>

#include "rules/base/text.hpp"

namespace pams {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr unsigned char kNone = 0xFF;

constexpr std::array<unsigned char, 256> kBase64Values = [] {
  std::array<unsigned char, 256> values{};
  values.fill(kNone);
  for (std::size_t i = 0; i < kBase64.size(); ++i)
    values[static_cast<unsigned char>(kBase64[i])] = static_cast<unsigned char>(i);
  return values;
}();

std::optional<char> hex_byte(std::string_view two) {
  unsigned value = 0;
  if (two.size() < 2) return std::nullopt;
  for (const char c : two.substr(0, 2)) {
    const char l = text::lower(c);
    if (!text::is_digit(l) && (l < 'a' || l > 'f')) return std::nullopt;
    value = value * 16 + static_cast<unsigned>(text::is_digit(l) ? l - '0' : l - 'a' + 10);
  }
  return static_cast<char>(value);
}

/// "=41" -> "A" at the front of `s`; any other character as it is. Says how much of `s` was read.
std::size_t decode_character(std::string_view s, char escape, std::string& out) {
  const auto byte = s.front() == escape ? hex_byte(s.substr(1)) : std::nullopt;
  out += byte.value_or(s.front());
  return byte ? 3 : 1;
}

}  // namespace

std::string decode_base64(std::string_view encoded) {
  std::string out;
  out.reserve(encoded.size() / 4 * 3 + 3);
  unsigned bits = 0;
  int count = 0;  // characters of the current group of four
  for (const char c : encoded) {
    if (c == '=') count = 0;  // what is left over are fill bits
    const auto value = kBase64Values[static_cast<unsigned char>(c)];
    if (value == kNone) continue;
    bits = (bits << 6U) | value;
    ++count;
    // Of the group's characters 2, 3 and 4 each completes one byte.
    if (count == 2) out += static_cast<char>(bits >> 4U);
    if (count == 3) out += static_cast<char>(bits >> 2U);
    if (count == 4) {
      out += static_cast<char>(bits);
      count = 0;
    }
  }
  return out;
}

std::uint64_t decoded_base64_size(std::string_view encoded) {
  std::uint64_t bytes = 0;
  std::uint64_t run = 0;  // characters since the start or the last padding
  const auto run_bytes = [&] { return run / 4 * 3 + (run % 4 == 0 ? 0 : run % 4 - 1); };
  for (const char c : encoded) {
    if (c == '=') {
      bytes += run_bytes();
      run = 0;
    } else if (kBase64Values[static_cast<unsigned char>(c)] != kNone) {
      ++run;
    }
  }
  return bytes + run_bytes();
}

std::string decode_quoted_printable(std::string_view encoded) {
  std::string out;
  out.reserve(encoded.size());
  while (!encoded.empty()) {
    const auto feed = encoded.find('\n');
    auto line = encoded.substr(0, feed);
    encoded.remove_prefix(feed == std::string_view::npos ? encoded.size() : feed + 1);
    const bool has_return = feed != std::string_view::npos && line.ends_with('\r');
    if (has_return) line.remove_suffix(1);
    line = text::trim_right(line, " \t");
    const bool is_soft = line.ends_with('=');
    if (is_soft) line.remove_suffix(1);
    for (auto code = line.find('='); code != std::string_view::npos; code = line.find('=')) {
      out += line.substr(0, code);
      line.remove_prefix(code);
      line.remove_prefix(decode_character(line, '=', out));
    }
    out += line;
    if (!is_soft && feed != std::string_view::npos) out += has_return ? "\r\n" : "\n";
  }
  return out;
}

std::string decode_q_word(std::string_view encoded) {
  std::string out;
  while (!encoded.empty()) {
    if (encoded.front() == '_') {
      out += ' ';
      encoded.remove_prefix(1);
    } else {
      encoded.remove_prefix(decode_character(encoded, '=', out));
    }
  }
  return out;
}

std::string decode_percent(std::string_view encoded) {
  std::string out;
  while (!encoded.empty()) encoded.remove_prefix(decode_character(encoded, '%', out));
  return out;
}

}  // namespace pams
