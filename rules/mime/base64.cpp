#include "rules/mime/base64.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "rules/base/text.hpp"

namespace pams::mime {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kBlank = 64, kPad = 65, kForeign = 66;
constexpr std::size_t kLongestLine = 76;

constexpr auto kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kForeign);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  for (const char c : text::kBlank) values[static_cast<unsigned char>(c)] = kBlank;
  values['='] = kPad;
  return values;
}();

std::uint8_t value_of(char c) { return kValues[static_cast<unsigned char>(c)]; }

void encode_group(std::string_view three, std::string& out) {
  const auto byte = [&](std::size_t i) {
    return i < three.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(three[i])) : 0U;
  };
  const auto bits = byte(0) << 16U | byte(1) << 8U | byte(2);
  out += kAlphabet[bits >> 18U & 63U];
  out += kAlphabet[bits >> 12U & 63U];
  out += three.size() > 1 ? kAlphabet[bits >> 6U & 63U] : '=';
  out += three.size() > 2 ? kAlphabet[bits & 63U] : '=';
}

/// How a part's lines look.
struct Lines {
  std::size_t length;
  std::string_view end;
};

Lines lines_of(std::string_view raw) {
  raw = text::trim_left(raw);
  const auto feed = raw.find('\n');
  const bool is_one_line = feed == std::string_view::npos || text::trim(raw.substr(feed)).empty();
  if (feed == std::string_view::npos) return {kLongestLine, "\r\n"};
  const auto first = text::trim_right(raw.substr(0, feed)).size();
  const auto end = feed > 0 && raw[feed - 1] == '\r' ? "\r\n" : "\n";
  // A single line tells nothing about where lines would have been broken.
  return {!is_one_line && first >= 4 && first <= kLongestLine ? first / 4 * 4 : kLongestLine, end};
}

/// `bytes` in lines, where the first line has `column` characters already.
std::string encode(std::string_view bytes, std::size_t column, Lines lines) {
  std::string out;
  out.reserve(bytes.size() / 3 * 4 + bytes.size() / 3 * 4 / lines.length * 2 + 8);
  while (!bytes.empty()) {
    if (column + 4 > lines.length) {
      out += lines.end;
      column = 0;
    }
    encode_group(bytes.substr(0, 3), out);
    column += 4;
    bytes.remove_prefix(std::min<std::size_t>(bytes.size(), 3));
  }
  return out;
}

/// Where the character number `count` (blanks not counted) stands.
std::size_t raw_offset(std::string_view raw, std::size_t count) {
  std::size_t at = 0;
  for (; at < raw.size(); ++at)
    if (value_of(raw[at]) != kBlank && count-- == 0) break;
  return at;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view raw) {
  std::string out(raw.size() / 4 * 3 + 3, '\0');
  auto* to = out.data();
  std::uint32_t bits = 0;
  std::size_t digits = 0, pads = 0;
  for (const char c : raw) {
    const auto value = value_of(c);
    if (value == kBlank) continue;
    if (value == kForeign || (pads > 0 && value != kPad)) return std::nullopt;
    if (value == kPad) {
      ++pads;
      continue;
    }
    bits = bits << 6U | value;
    if (++digits % 4 != 0) continue;
    *to++ = static_cast<char>(bits >> 16U);
    *to++ = static_cast<char>(bits >> 8U);
    *to++ = static_cast<char>(bits);
  }
  const auto rest = digits % 4;
  if (pads != (4 - rest) % 4 || rest == 1) return std::nullopt;
  if (rest == 2) *to++ = static_cast<char>(bits >> 4U);
  if (rest == 3) {
    *to++ = static_cast<char>(bits >> 10U);
    *to++ = static_cast<char>(bits >> 2U);
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
  return out;
}

std::string encode_base64(std::string_view bytes) { return encode(bytes, 0, {kLongestLine, "\r\n"}); }

Splice insert_base64(std::string_view body, Span content, std::string_view decoded, std::size_t at,
                     std::string_view bytes) {
  const auto raw = body.substr(content.begin, content.size());
  const auto whole = at / 3 * 3;  // what stands in groups that the insertion does not touch
  const auto end = text::trim_right(raw).size();
  const auto begin = std::min(raw_offset(raw, whole / 3 * 4), end);
  const auto line = raw.substr(0, begin).rfind('\n');
  const auto column = line == std::string_view::npos ? begin : begin - line - 1;
  const auto changed =
      std::string(decoded.substr(whole, at - whole)).append(bytes).append(decoded.substr(at));
  return {{content.begin + begin, content.begin + end}, encode(changed, column, lines_of(raw))};
}

Splice replace_base64(std::string_view body, Span content, std::string_view bytes) {
  const auto raw = body.substr(content.begin, content.size());
  const auto begin = raw.size() - text::trim_left(raw).size();
  const auto end = std::max(begin, text::trim_right(raw).size());
  return {{content.begin + begin, content.begin + end}, encode(bytes, 0, lines_of(raw))};
}

}  // namespace pams::mime
