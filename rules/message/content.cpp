#include "rules/message/content.hpp"

#include <algorithm>

#include "rules/html/html_text.hpp"
#include "rules/message/transfer_encoding.hpp"

namespace pams {
namespace {

/// Markup and encodings make text smaller, seldom to less than a sixteenth.
constexpr std::size_t kMaxExpansion = 16;

std::string_view content_of(const MimePart& part, std::string_view body) {
  return body.substr(part.content.begin, part.content.size());
}

/// RFC 2183 2.8: a disposition that nobody knows counts as attachment.
bool is_body_text(const MimePart& part) {
  return part.is_leaf() && (part.type == "text/plain" || part.type == "text/html") &&
         (part.disposition.empty() || part.disposition == "inline");
}

std::string decode(const MimePart& part, std::string_view bytes) {
  if (part.encoding == "base64") return decode_base64(bytes);
  if (part.encoding == "quoted-printable") return decode_quoted_printable(bytes);
  return std::string(bytes);
}

std::uint64_t decoded_size(const MimePart& part, std::string_view body) {
  const auto content = content_of(part, body);
  if (part.encoding == "base64") return decoded_base64_size(content);
  return part.encoding == "quoted-printable" ? decode_quoted_printable(content).size() : content.size();
}

/// The character at the front of `utf8` as a reader sees it: " " for what is blank, "" for what is invisible
/// (soft hyphen, zero width space, byte order mark), otherwise itself.
std::string_view visible(std::string_view utf8, std::size_t length) {
  const auto character = utf8.substr(0, length);
  if (character == "\xC2\xA0" ||
      (length == 1 && std::string_view(" \t\r\n\f\v").find(character) != std::string_view::npos))
    return " ";
  if (character == "\xC2\xAD" || character == "\xE2\x80\x8B" || character == "\xEF\xBB\xBF") return "";
  return character;
}

/// Appends `utf8` with runs of blanks as one, while `out` stays within `maximum` bytes.
void append_collapsed(std::string_view utf8, std::size_t maximum, std::string& out) {
  bool has_blank = false;
  bool is_first = true;
  while (!utf8.empty()) {
    const auto length = std::max<std::size_t>(utf8_length(utf8), 1);
    const auto character = visible(utf8, length);
    utf8.remove_prefix(length);
    if (character == " ") has_blank = true;
    if (character.empty() || character == " ") continue;
    const bool needs_blank = has_blank && !is_first;
    if (out.size() + character.size() + (needs_blank ? 1 : 0) > maximum) return;
    if (needs_blank) out += ' ';
    out += character;
    has_blank = is_first = false;
  }
}

}  // namespace

std::string decode_content(const MimePart& part, std::string_view body) {
  return decode(part, content_of(part, body));
}

std::string body_text(const MimeMap& map, std::string_view body, std::size_t maximum) {
  std::string out;
  auto left = maximum * kMaxExpansion;  // encoded bytes that are still looked at
  for (const auto& part : map.parts) {
    if (!is_body_text(part) || out.size() >= maximum) continue;
    const auto bytes = content_of(part, body).substr(0, left);
    left -= bytes.size();
    auto text = to_utf8(decode(part, bytes), part.charset);
    if (part.type == "text/html") text = html_to_text(text);
    if (!out.empty()) out += '\n';
    append_collapsed(text, maximum, out);
  }
  return out;
}

std::vector<Attachment> attachments(const MimeMap& map, std::string_view body) {
  std::vector<Attachment> all;
  for (const auto& part : map.parts)
    if (part.is_leaf() && !is_body_text(part))
      all.push_back({part.filename, part.type, decoded_size(part, body)});
  return all;
}

}  // namespace pams
