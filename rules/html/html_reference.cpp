#include "rules/html/html_reference.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "rules/base/text.hpp"

namespace pams {
namespace {

struct Name {
  std::string_view name;  ///< with its ";", where it has one
  std::string_view utf8;
};
constexpr Name kNames[] = {
#include "rules/html/html_references.inc"  // written by html_references.py when it is built
};
static_assert(std::ranges::is_sorted(kNames, {}, &Name::name));

/// 13.2.5.80: numbers 128 to 159 mean what they mean in windows-1252.
constexpr std::array<char32_t, 32> kWindows1252 = {
    0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
    0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

void append_utf8(char32_t character, std::string& out) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((character >> shift) & 0x3FU)); };
  if (character == 0 || character > 0x10FFFF || (character >= 0xD800 && character < 0xE000))
    character = 0xFFFD;
  if (character < 0x80) {
    out += static_cast<char>(character);
  } else if (character < 0x800) {
    out += static_cast<char>(0xC0U | (character >> 6U));
    tail(0);
  } else if (character < 0x10000) {
    out += static_cast<char>(0xE0U | (character >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (character >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

int hex_digit(char c) {
  const char l = text::lower(c);
  return text::is_digit(c) ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// "#233;" or "#xE9" at the front of `s`.
std::size_t decode_number(std::string_view s, std::string& out) {
  const bool is_hex = s.size() > 1 && text::lower(s[1]) == 'x';
  char32_t value = 0;
  std::size_t i = is_hex ? 2 : 1;
  const auto digits = i;
  for (; i < s.size(); ++i) {
    const int digit = is_hex || text::is_digit(s[i]) ? hex_digit(s[i]) : -1;
    if (digit < 0) break;
    if (value <= 0x10FFFF) value = value * (is_hex ? 16 : 10) + static_cast<char32_t>(digit);
  }
  if (i == digits) return 0;
  append_utf8(value >= 0x80 && value < 0xA0 ? kWindows1252[value - 0x80] : value, out);
  return i + (s.substr(i).starts_with(';') ? 1 : 0);
}

/// The longest name at the front of `s`; none has more than 32 letters.
const Name* longest_name(std::string_view s) {
  std::span<const Name> left(kNames);
  const Name* found = nullptr;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const auto letter = [i](const Name& one) { return static_cast<unsigned char>(one.name[i]); };
    const auto wanted = static_cast<unsigned char>(s[i]);
    left = {std::ranges::lower_bound(left, wanted, {}, letter),
            std::ranges::upper_bound(left, wanted, {}, letter)};
    if (left.empty()) return found;
    if (left.front().name.size() == i + 1) {  // sorted: it comes before those that go on
      found = &left.front();
      left = left.subspan(1);
    }
  }
  return found;
}

std::size_t decode_name(std::string_view s, bool in_attribute, std::string& out) {
  const auto* found = longest_name(s);
  if (found == nullptr) return 0;
  const auto length = found->name.size();
  // 13.2.5.73: "?a=b&copy=1" was written before there was "&copy;".
  const bool is_closed = found->name.ends_with(';');
  if (in_attribute && !is_closed && length < s.size() && (s[length] == '=' || text::is_alnum(s[length])))
    return 0;
  out += found->utf8;
  return length;
}

std::size_t decode(std::string_view html, bool in_attribute, std::string& out) {
  const auto rest = html.substr(1);
  const auto length = rest.starts_with('#') ? decode_number(rest, out) : decode_name(rest, in_attribute, out);
  return length == 0 ? 0 : length + 1;
}

std::string decode_all(std::string_view html, bool in_attribute) {
  std::string out;
  while (!html.empty()) {
    const auto plain = html.substr(0, html.find('&'));
    out += plain;
    html.remove_prefix(plain.size());
    if (html.empty()) break;
    const auto length = decode(html, in_attribute, out);
    if (length == 0) out += '&';
    html.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

}  // namespace

std::size_t decode_html_reference(std::string_view html, std::string& out) {
  return decode(html, false, out);
}

std::string decode_html_references(std::string_view html) { return decode_all(html, false); }

std::string decode_html_attribute(std::string_view value) { return decode_all(value, true); }

}  // namespace pams
