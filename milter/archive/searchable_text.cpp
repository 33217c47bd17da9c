#include "milter/archive/searchable_text.hpp"

#include <algorithm>
#include <set>

#include "milter/archive/date_field.hpp"
#include "rules/base/text.hpp"
#include "rules/html/html_text.hpp"
#include "rules/message/charset_in_html.hpp"
#include "rules/message/content.hpp"
#include "rules/message/envelope.hpp"
#include "rules/message/mime_map.hpp"
#include "rules/query/words.hpp"

namespace pams::milter::archive {
namespace {

constexpr std::size_t kMaxText = 4U << 20U;
constexpr int kDeepest = 5;  // messages attached to messages

void add_words(std::string& to, const std::string& words) {
  if (words.empty()) return;
  if (!to.empty()) to.append(" ").append(query::kBoundary).append(" ");
  to += words;
}

void add_fields(const Message& message, std::string_view name, std::string& to) {
  for (const auto* field : message.headers.find_all(name)) add_words(to, query::words_in(field->decoded()));
}

/// The whole addresses in a text: also those that a display name shows.
std::set<std::string> addresses_shown(const std::string& unfolded, const std::string& decoded) {
  std::set<std::string> all;
  for (const auto& address : addresses_in(unfolded)) all.insert(address);
  for (const auto word : text::split(decoded, ' ')) {
    const auto bare = text::trim(word, "<>()[]\",;:'\t");
    if (bare.find('@') != std::string_view::npos) all.emplace(bare);
  }
  return all;
}

/// The words of address fields; adds the whole addresses to `seen`.
void add_people(const Message& message, std::string_view name, std::string& to, std::set<std::string>& seen) {
  for (const auto* field : message.headers.find_all(name)) {
    const auto decoded = field->decoded();
    auto words = query::words_in(decoded);
    for (const auto& address : addresses_shown(field->unfolded(), decoded)) {
      words += ' ' + query::address_words(address);
      seen.insert(query::address_word(address));
    }
    add_words(to, words);
  }
}

/// As Exchange reads it: the first of these fields that is there.
query::Importance importance_of(const Message& message) {
  for (const auto* name : {"Importance", "X-Priority", "X-MSMail-Priority", "Priority"}) {
    const auto* field = message.headers.find(name);
    if (field == nullptr) continue;
    const auto value = field->unfolded();
    const auto begins = [&](std::string_view with) { return text::istarts_with(value, with); };
    if (begins("high") || begins("1") || begins("2") || begins("urgent")) return query::Importance::High;
    if (begins("low") || begins("4") || begins("5") || begins("non-urgent")) return query::Importance::Low;
    return query::Importance::Medium;
  }
  return query::Importance::Medium;
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
      add(attachment.filename, out_.attachment_names);
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
      const auto bytes = decode_content(part, body);
      const bool is_html = part.type == "text/html";
      for (const auto& text : is_html ? html_readings(bytes, part.charset) : readings(bytes, part.charset))
        add(is_html ? html_to_text(text) : text, out_.attachments);
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
    add_words(to, query::words_in(text));
  }
  void cut() { out_.is_complete = false; }

  SearchableText& out_;
};

void read_header(const Message& message, const RecordRow& row, SearchableText& out) {
  std::set<std::string> named, blind;
  add_people(message, "From", out.sender, named);
  named.clear();
  std::string to;
  add_people(message, "To", to, named);
  add_people(message, "Cc", out.cc, named);
  add_people(message, "Bcc", out.bcc, blind);
  for (const auto* words : {&to, &out.cc, &out.bcc}) add_words(out.recipients, *words);
  for (const auto& recipient : row.recipients)
    if (!named.contains(query::address_word(recipient))) add_words(out.bcc, query::address_words(recipient));
  add_fields(message, "Subject", out.subject);
  add_fields(message, "Keywords", out.category);
  out.importance = importance_of(message);
  if (const auto* field = message.headers.find("Date")) out.date = date_in(field->unfolded());
}

}  // namespace

SearchableText searchable_text(const RecordRow& row, const std::string* message) {
  SearchableText text;
  text.sender = query::address_words(row.sender);
  for (const auto& recipient : row.recipients) add_words(text.recipients, query::address_words(recipient));
  if (message == nullptr) {
    // Who is in the header is not known; a record that hides its content hides its subject.
    text.subject = query::words_in(row.subject);
    return text;
  }
  const auto parsed = parse_message(*message);
  text.is_complete = true;
  read_header(parsed, row, text);
  Reader(text).read(parsed, 0);
  return text;
}

}  // namespace pams::milter::archive
