#include "rules/mime/part_label.hpp"

#include <algorithm>
#include <utility>

#include "rules/base/text.hpp"
#include "rules/mime/field_spans.hpp"

namespace pams::mime {
namespace {

constexpr std::string_view kContentType = "Content-Type";
constexpr std::string_view kEncoding = "Content-Transfer-Encoding";

/// Walks the tokens of a structured value (RFC 2045 5.1), knowing comments and quoted strings.
class Tokens {
 public:
  explicit Tokens(std::string_view value) : value_(value) {}

  /// The next token: a quoted string with its quotes, one of ";=", or a run of anything else. Empty at the
  /// end.
  Span next() {
    skip_blanks_and_comments();
    const auto begin = at_;
    if (at_ == value_.size()) return {begin, begin};
    if (value_[at_] == '"') {
      skip_quoted();
    } else if (value_[at_] == ';' || value_[at_] == '=') {
      ++at_;
    } else {
      at_ = std::min(value_.find_first_of(" \t\r\n;=\"(", at_), value_.size());
    }
    return {begin, at_};
  }
  bool is_sound() const { return is_sound_; }

 private:
  void skip_blanks_and_comments() {
    std::size_t depth = 0;
    for (; at_ < value_.size(); ++at_) {
      const char c = value_[at_];
      if (c == '(')
        ++depth;
      else if (depth > 0 && c == ')')
        --depth;
      else if (depth > 0 && c == '\\' && at_ + 1 < value_.size())
        ++at_;
      else if (depth == 0 && text::kBlank.find(c) == std::string_view::npos)
        return;
    }
    is_sound_ = is_sound_ && depth == 0;
  }

  void skip_quoted() {
    for (++at_; at_ < value_.size(); ++at_) {
      if (value_[at_] == '"') {
        ++at_;
        return;
      }
      if (value_[at_] == '\\' && at_ + 1 < value_.size()) ++at_;
    }
    is_sound_ = false;
  }

  std::string_view value_;
  std::size_t at_ = 0;
  bool is_sound_ = true;
};

struct Place {
  bool is_sound = false;
  Span parameter;  ///< name, "=" and value of the charset; empty when there is none
  bool is_quoted = false;
};

/// RFC 2231 4: charset*=us-ascii'en'utf-8. One in several pieces (charset*0) is left alone.
bool is_charset_name(std::string_view name) {
  return text::iequals(name, "charset") || text::iequals(name, "charset*");
}

Place find_charset(std::string_view content_type) {
  Tokens tokens(content_type);
  const auto text_of = [&](Span span) { return content_type.substr(span.begin, span.size()); };
  Place place{true, {}, false};
  auto before = tokens.next();
  for (auto token = tokens.next(); token.size() > 0; token = tokens.next()) {
    const auto is_name = text_of(before) == ";";
    before = token;
    if (!is_name || !text::istarts_with(text_of(token), "charset")) continue;
    if (place.parameter.size() > 0 || !is_charset_name(text_of(token))) return {};
    const auto equals = tokens.next();
    if (text_of(equals) != "=") return {};
    before = tokens.next();
    const bool has_value = before.size() > 0 && text_of(before) != ";";
    place.parameter = {token.begin, has_value ? before.end : equals.end};
    place.is_quoted = text_of(before).starts_with('"');
  }
  place.is_sound = tokens.is_sound();
  return place;
}

/// The first field of that name in a header that stands in `body`.
std::optional<FieldSpan> find_field(std::string_view body, Span header, std::string_view name) {
  std::optional<FieldSpan> found;
  each_field(body, header, [&](std::string_view written, const FieldSpan& field) {
    if (!found && text::iequals(written, name)) found = field;
  });
  return found;
}

/// A raw field value whose content is `word` now, the blanks round it kept.
std::string with_word(std::string_view value, std::string_view word) {
  const auto begin = value.size() - text::trim_left(value).size();
  if (begin == value.size()) return " " + std::string(word);
  const auto end = text::trim_right(value).size();
  return std::string(value.substr(0, begin)).append(word).append(value.substr(end));
}

std::string new_content_type(std::string_view charset) {
  return " text/plain; charset=" + std::string(charset);
}

constexpr std::string_view kUnreadable = "Content-Type cannot be read well enough to change its charset";

}  // namespace

std::optional<std::string> with_charset(std::string_view content_type, std::string_view charset) {
  const auto [is_sound, parameter, is_quoted] = find_charset(content_type);
  if (!is_sound) return std::nullopt;
  const std::string quote = is_quoted ? "\"" : "";
  const auto value = quote + std::string(charset) + quote;
  std::string out(content_type);
  if (parameter.size() == 0) {
    const auto written = text::trim_right(content_type);
    return out.insert(written.size(), (written.ends_with(';') ? " charset=" : "; charset=") + value);
  }
  const auto old = content_type.substr(parameter.begin, parameter.size());
  // The name as it was written, without the "*" that announces RFC 2231's coding.
  const auto name = old.substr(0, 7);
  const auto equals = old.find('=');
  const auto blanks = old.find_first_not_of(text::kBlank, equals + 1);
  const bool is_coded = old.substr(7).starts_with('*');
  const auto up_to_value =
      is_coded ? std::string(name) + "=" : std::string(old.substr(0, std::min(blanks, old.size())));
  return out.replace(parameter.begin, parameter.size(), up_to_value + value);
}

Status relabel(Headers& message_headers, const Label& label) {
  if (label.is_empty()) return {};
  const bool was_mime = message_headers.has(kContentType) || message_headers.has(kEncoding);
  if (!was_mime && !message_headers.has("MIME-Version")) message_headers.append({"MIME-Version", " 1.0"});
  if (!label.charset.empty()) {
    const auto* field = message_headers.find(kContentType);
    auto value =
        field == nullptr ? new_content_type(label.charset) : with_charset(field->value, label.charset);
    if (!value) return fail(Failure::Refused, std::string(kUnreadable));
    message_headers.set(kContentType, *value);
  }
  if (!label.encoding.empty()) {
    const auto* field = message_headers.find(kEncoding);
    message_headers.set(kEncoding, with_word(field == nullptr ? "" : field->value, label.encoding));
  }
  return {};
}

Result<std::vector<Splice>> relabel(std::string_view body, const MimePart& part, const Label& label) {
  std::vector<Splice> splices;
  std::string added;
  const auto change = [&](std::string_view name, const auto& new_value) {
    const auto field = find_field(body, part.header, name);
    const auto old = field ? body.substr(field->value.begin, field->value.size()) : std::string_view();
    const std::optional<std::string> value = new_value(field.has_value(), old);
    if (!value) return false;
    if (field)
      splices.push_back({field->value, *value});
    else
      added += std::string(name) + ":" + *value + "\r\n";
    return true;
  };
  const auto charset = [&](bool is_there, std::string_view old) -> std::optional<std::string> {
    return is_there ? with_charset(old, label.charset) : new_content_type(label.charset);
  };
  const auto encoding = [&](bool, std::string_view old) -> std::optional<std::string> {
    return with_word(old, label.encoding);
  };
  if (!label.charset.empty() && !change(kContentType, charset))
    return fail(Failure::Refused, std::string(kUnreadable));
  if (!label.encoding.empty()) change(kEncoding, encoding);
  if (splices.size() == 2 && splices[1].replaced.begin < splices[0].replaced.begin)
    std::swap(splices[0], splices[1]);
  if (!added.empty()) splices.push_back({{part.header.end, part.header.end}, added});
  return splices;
}

}  // namespace pams::mime
