#include "rules/mime/quoted_printable.hpp"

#include <algorithm>

#include "rules/base/text.hpp"

namespace pams::mime {
namespace {

int hex_digit(char c) {
  if (text::is_digit(c)) return c - '0';
  const auto letter = text::lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

bool is_code(std::string_view s) {
  return s.size() >= 3 && s[0] == '=' && hex_digit(s[1]) >= 0 && hex_digit(s[2]) >= 0;
}

struct EncodedLine {
  std::string_view text;        ///< what is decoded: without dropped blanks and the soft break's "="
  std::string_view line_break;  ///< CRLF or LF; empty when it is soft or missing
  std::size_t next;             ///< where the next line begins
};

EncodedLine line_at(std::string_view raw, std::size_t at) {
  const auto feed = raw.find('\n', at);
  const auto next = feed == std::string_view::npos ? raw.size() : feed + 1;
  auto end = feed == std::string_view::npos ? raw.size() : feed;
  if (end < next && end > at && raw[end - 1] == '\r') --end;
  auto text = text::trim_right(raw.substr(at, end - at), " \t");
  if (!text.ends_with('=')) return {text, raw.substr(end, next - end), next};
  text.remove_suffix(1);
  return {text, {}, next};
}

void decode_text(std::string_view text, std::string& out) {
  for (auto code = text.find('='); code != std::string_view::npos; code = text.find('=')) {
    out += text.substr(0, code);
    text.remove_prefix(code);
    if (is_code(text))
      out += static_cast<char>(hex_digit(text[1]) * 16 + hex_digit(text[2]));
    else
      out += '=';
    text.remove_prefix(is_code(text) ? 3 : 1);
  }
  out += text;
}

std::size_t decoded_size(std::string_view text) {
  auto size = text.size();
  for (auto code = text.find('='); code != std::string_view::npos; code = text.find('=', code + 1))
    if (is_code(text.substr(code))) size -= 2;
  return size;
}

/// The raw offset of a decoded one: as far back as possible, so that finished soft breaks stay in front.
std::size_t raw_offset(std::string_view raw, std::size_t decoded) {
  for (std::size_t at = 0; at < raw.size();) {
    const auto line = line_at(raw, at);
    const auto text_size = decoded_size(line.text);
    if (decoded < text_size) {
      for (; decoded > 0; --decoded) at += is_code(raw.substr(at)) ? 3U : 1U;
      return at;
    }
    if (decoded < text_size + line.line_break.size()) {
      const auto into = decoded - text_size;
      return into == 0 ? at + line.text.size() : line.next - line.line_break.size() + into;
    }
    decoded -= text_size + line.line_break.size();
    at = line.next;
  }
  // Blanks at the end are dropped, and must stay at the end; those after a soft break belong to it.
  const auto written = text::trim_right(raw, " \t");
  return written.ends_with('=') ? raw.size() : written.size();
}

/// What must stand between the encoded text and an insertion after it.
std::string_view finish_line(std::string_view before, bool at_end, std::string_view insertion) {
  const auto written = text::trim_right(before, " \t");
  // A soft break at the very end still waits for its line end: the one there belongs to the delimiter.
  if (at_end && written.ends_with('=')) return "\r\n";
  const auto is_mid_line = !before.empty() && !before.ends_with('\n');
  // A blank in front of a line break would be dropped by the reader; other bytes would make the line longer.
  const auto would_lose_blank = !at_end && written.size() < before.size();
  return is_mid_line && (would_lose_blank || !insertion.starts_with("\r\n")) ? "=\r\n" : "";
}

constexpr std::size_t kMaxColumns = 75;  ///< of 76: the last is for the soft break

bool stands_for_itself(char c) { return (c >= ' ' && c <= '~' && c != '=') || c == '\t'; }

void encode_byte(char c, std::string& out) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += {'=', kHex[byte >> 4U], kHex[byte & 15U]};
}

/// A byte with the UTF-8 continuation bytes that follow it; at most four, so that any other charset still
/// fits into lines.
std::size_t character_length(std::string_view s) {
  std::size_t length = 1;
  while (length < std::min<std::size_t>(s.size(), 4) &&
         (static_cast<unsigned char>(s[length]) & 0xC0U) == 0x80U)
    ++length;
  return length;
}

void encode_line(std::string_view line, std::string& out) {
  // RFC 2045 6.7 rule 3: a blank at the end of a line is encoded.
  const bool ends_blank = line.ends_with(' ') || line.ends_with('\t');
  const auto plain_end = line.size() - (ends_blank ? 1 : 0);
  std::size_t column = 0;
  for (std::size_t at = 0; at < line.size();) {
    const auto begin = at;
    const auto maximum = std::min(plain_end, at + kMaxColumns - column);
    while (at < maximum && stands_for_itself(line[at])) ++at;
    out += line.substr(begin, at - begin);
    column += at - begin;
    if (at == line.size()) return;
    const bool is_plain = at < plain_end && stands_for_itself(line[at]);
    const auto length = is_plain ? 0 : character_length(line.substr(at));
    if (is_plain || column + 3 * length > kMaxColumns) {
      out += "=\r\n";
      column = 0;
    }
    for (const char c : line.substr(at, length)) encode_byte(c, out);
    column += 3 * length;
    at += length;
  }
}

}  // namespace

std::string decode_quoted_printable(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t at = 0; at < raw.size();) {
    const auto line = line_at(raw, at);
    decode_text(line.text, out);
    out += line.line_break;
    at = line.next;
  }
  return out;
}

std::string encode_quoted_printable(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (;;) {
    const auto end = bytes.find("\r\n");
    encode_line(bytes.substr(0, end), out);
    if (end == std::string_view::npos) return out;
    out += "\r\n";
    bytes.remove_prefix(end + 2);
  }
}

Splice insert_quoted_printable(std::string_view body, Span content, std::size_t at, std::string_view bytes) {
  const auto raw = body.substr(content.begin, content.size());
  const auto offset = raw_offset(raw, at);
  const auto here = content.begin + offset;
  std::string with(finish_line(raw.substr(0, offset), offset == raw.size(), bytes));
  return {{here, here}, with + encode_quoted_printable(bytes)};
}

}  // namespace pams::mime
