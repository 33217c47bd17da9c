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

/// Walks encoded text line by line, one decoded byte at a time.
class Reader {
 public:
  explicit Reader(std::string_view raw) : raw_(raw) { start_line(); }

  /// The next decoded byte; false at the end.
  bool next(char& byte) {
    while (at_ == text_end_) {
      if (!soft_ && break_at_ < line_end_) {  // the line break itself: CRLF or LF
        at_ = std::max(at_, break_at_);
        byte = raw_[at_++];
        text_end_ = break_at_ = at_;
        if (at_ == line_end_) start_line();
        return true;
      }
      if (line_end_ == raw_.size()) return false;
      at_ = line_end_;
      start_line();
    }
    if (is_code(raw_.substr(at_, text_end_ - at_))) {
      byte = static_cast<char>(hex_digit(raw_[at_ + 1]) * 16 + hex_digit(raw_[at_ + 2]));
      at_ += 3;
    } else {
      byte = raw_[at_++];
    }
    return true;
  }

  /// The raw offset of what comes next; soft breaks that are already over are behind us.
  std::size_t offset() {
    while (soft_ && at_ == text_end_ && line_end_ < raw_.size()) {
      at_ = line_end_;
      start_line();
    }
    return at_;
  }

 private:
  void start_line() {
    const auto feed = raw_.find('\n', at_);
    line_end_ = feed == std::string_view::npos ? raw_.size() : feed + 1;
    break_at_ =
        feed == std::string_view::npos ? raw_.size() : feed - (feed > at_ && raw_[feed - 1] == '\r' ? 1 : 0);
    text_end_ = at_ + text::trim_right(raw_.substr(at_, break_at_ - at_), " \t").size();
    soft_ = text_end_ > at_ && raw_[text_end_ - 1] == '=';
    if (soft_) --text_end_;
  }

  std::string_view raw_;
  std::size_t at_ = 0;
  std::size_t text_end_ = 0;  ///< of this line, without dropped blanks and the soft break's "="
  std::size_t break_at_ = 0;  ///< where this line's CRLF or LF begins
  std::size_t line_end_ = 0;  ///< behind it
  bool soft_ = false;
};

std::size_t raw_offset(std::string_view raw, std::size_t decoded) {
  Reader reader(raw);
  char byte = 0;
  while (decoded > 0 && reader.next(byte)) --decoded;
  auto rest = reader;
  return rest.next(byte) ? reader.offset() : raw.size();
}

/// What must stand between the encoded text and an insertion behind it.
std::string_view finish_line(std::string_view before, bool at_end, std::string_view insertion) {
  const auto written = text::trim_right(before, " \t");
  // A soft break at the very end still waits for its line end: the one there belongs to the delimiter.
  if (at_end && written.ends_with('=')) return "\r\n";
  const auto is_mid_line = !before.empty() && !before.ends_with('\n');
  // A blank in front of a line break would be dropped by the reader; other bytes would make the line longer.
  const auto would_lose_blank = !at_end && written.size() < before.size();
  return is_mid_line && (would_lose_blank || !insertion.starts_with("\r\n")) ? "=\r\n" : "";
}

constexpr std::size_t kLine = 76;

bool stands_for_itself(char c) { return c >= '!' && c <= '~' && c != '='; }

void encode_byte(char c, bool at_line_end, std::string& out) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  if (stands_for_itself(c) || ((c == ' ' || c == '\t') && !at_line_end))
    out += c;
  else
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

}  // namespace

std::string decode_quoted_printable(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  Reader reader(raw);
  for (char byte = 0; reader.next(byte);) out += byte;
  return out;
}

std::string encode_quoted_printable(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  std::size_t column = 0;
  std::string character;
  while (!bytes.empty()) {
    if (bytes.starts_with("\r\n")) {
      out += "\r\n";
      bytes.remove_prefix(2);
      column = 0;
      continue;
    }
    const auto length = character_length(bytes);
    const auto rest = bytes.substr(length);
    character.clear();
    for (const char c : bytes.substr(0, length))
      encode_byte(c, rest.empty() || rest.starts_with("\r\n"), character);
    if (column + character.size() >= kLine) {
      out += "=\r\n";
      column = 0;
    }
    out += character;
    column += character.size();
    bytes = rest;
  }
  return out;
}

Splice insert_quoted_printable(std::string_view body, Span content, std::size_t at, std::string_view bytes) {
  const auto raw = body.substr(content.begin, content.size());
  const auto offset = raw_offset(raw, at);
  const auto here = content.begin + offset;
  std::string with(finish_line(raw.substr(0, offset), offset == raw.size(), bytes));
  return {{here, here}, with + encode_quoted_printable(bytes)};
}

}  // namespace pams::mime
