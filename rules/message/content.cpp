#include "rules/message/content.hpp"

#include "rules/html/html_text.hpp"
#include "rules/message/charset_in_html.hpp"
#include "rules/message/text_lines.hpp"
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

bool is_html(const MimePart& part) { return part.type == "text/html"; }

std::vector<std::string> texts_of(const MimePart& part, std::string_view decoded) {
  return is_html(part) ? html_readings(decoded, part.charset) : readings(decoded, part.charset);
}

std::string readable(const MimePart& part, const std::string& utf8) {
  if (is_html(part)) return html_to_text(utf8);
  if (part.format != "flowed") return utf8;
  auto text = unflowed(utf8, part.delsp);
  return part.delsp ? text + "\n" + utf8 : text;
}

/// The beginning of `utf8` that has at most `maximum` bytes and ends between characters.
std::string_view beginning(std::string_view utf8, std::size_t maximum) {
  if (utf8.size() <= maximum) return utf8;
  const auto is_inside = [&](std::size_t at) {
    return (static_cast<unsigned char>(utf8[at]) & 0xC0U) == 0x80;
  };
  while (maximum > 0 && is_inside(maximum)) --maximum;
  return utf8.substr(0, maximum);
}

/// On a line of its own, while `out` stays within `maximum` bytes.
void append(std::string_view utf8, std::size_t maximum, BodyText& out) {
  if (utf8.empty()) return;
  if (!out.text.empty() && out.text.size() < maximum) out.text += '\n';
  const auto fitting = beginning(utf8, maximum - out.text.size());
  out.text += fitting;
  out.is_complete = out.is_complete && fitting.size() == utf8.size();
}

}  // namespace

std::string decode_content(const MimePart& part, std::string_view body) {
  return decode(part, content_of(part, body));
}

BodyText body_text(const MimeMap& map, std::string_view body, std::size_t maximum) {
  BodyText out;
  auto left = maximum * kMaxExpansion;  // encoded bytes that are still looked at
  for (const auto& part : map.parts) {
    if (!is_body_text(part)) continue;
    const auto content = content_of(part, body);
    const auto bytes = out.text.size() < maximum ? content.substr(0, left) : std::string_view();
    left -= bytes.size();
    out.is_complete = out.is_complete && bytes.size() == content.size();
    for (const auto& text : texts_of(part, decode(part, bytes)))
      append(one_blank_each(readable(part, text)), maximum, out);
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
