#include "milter/archive/searchable_text.hpp"

#include <algorithm>

#include "rules/html/html_text.hpp"
#include "rules/message/content.hpp"
#include "rules/message/mime_map.hpp"

namespace pams::milter::archive {
namespace {

constexpr std::size_t kMaxText = 4U << 20U;
constexpr int kDeepest = 5;  // messages attached to messages

void add_fields(const Message& message, std::string_view name, std::string& out) {
  for (const auto* field : message.headers.find_all(name)) out += "\n" + field->decoded();
}

class Reader {
 public:
  explicit Reader(SearchableText& out) : out_(out) {}

  void read(const Message& message, int depth) {
    const auto map = map_mime(message, MimeLimits{});
    if (!map) return cut();
    const auto body = message.body.view();
    const auto text = body_text(*map, body, kMaxText);
    if (!text.is_complete) cut();
    add(text.text, depth == 0 ? out_.body : out_.attachments);
    for (const auto& attachment : attachments(*map, body)) {
      out_.has_attachment = out_.has_attachment || depth == 0;
      add(attachment.filename, out_.attachments);
    }
    for (const auto& part : map->parts) read_part(part, body, depth);
  }

 private:
  /// What body_text() leaves out.
  void read_part(const MimePart& part, std::string_view body, int depth) {
    if (!part.is_leaf()) return;
    if (part.type == "message/rfc822" || part.type == "message/global") {
      if (depth == kDeepest) return cut();
      const auto nested = parse_message(decode_content(part, body));
      for (const auto* name : {"From", "To", "Cc", "Subject"}) add_fields(nested, name, out_.attachments);
      read(nested, depth + 1);
    } else if (part.type.starts_with("text/") && !is_body(part)) {
      const auto text = to_utf8(decode_content(part, body), part.charset);
      add(part.type == "text/html" ? html_to_text(text) : text, out_.attachments);
    }
  }

  static bool is_body(const MimePart& part) {
    return (part.disposition.empty() || part.disposition == "inline") &&
           (part.type == "text/plain" || part.type == "text/html");
  }

  void add(std::string_view text, std::string& to) {
    if (to.size() + text.size() >= kMaxText) {
      text = text.substr(0, kMaxText - std::min(kMaxText, to.size()));
      cut();
    }
    to.append("\n").append(text);
  }
  void cut() { out_.is_complete = false; }

  SearchableText& out_;
};

}  // namespace

SearchableText searchable_text(const RecordRow& row, const std::string* message) {
  SearchableText text;
  text.sender = row.sender;
  text.recipients = to_lines(row.recipients);
  text.subject = row.subject;
  if (message == nullptr) return text;
  const auto parsed = parse_message(*message);
  add_fields(parsed, "From", text.sender);
  for (const auto* name : {"To", "Cc", "Bcc"}) add_fields(parsed, name, text.recipients);
  text.is_complete = true;
  Reader(text).read(parsed, 0);
  return text;
}

}  // namespace pams::milter::archive
