#include "rules/message/header.hpp"

#include <algorithm>

#include "rules/base/text.hpp"
#include "rules/message/charset.hpp"
#include "rules/message/encoded_word.hpp"

namespace pams {
namespace {

constexpr std::size_t kLine = 78;
/// The name that stands before the value is not known here; most are shorter.
constexpr std::size_t kNameAllowance = 24;
/// RFC 5322 2.1.1: at most 998 characters in a line; a longer word must be cut, which only encoding allows.
constexpr std::size_t kMaxWord = 900;

bool is_named(const HeaderField& field, std::string_view name) {
  // "Subject : x" is obsolete syntax (RFC 5322 4.5) that MTAs read as Subject.
  return text::iequals(text::trim_right(field.name, " \t"), name);
}

bool must_be_encoded(std::string_view word) {
  return !text::is_ascii(word) || word.size() > kMaxWord || word.find("=?") != std::string_view::npos;
}

/// Control bytes, CR, LF and NUL among them, become blanks.
std::string without_controls(std::string_view utf8) {
  auto out = repair_utf8(utf8);
  std::ranges::replace_if(
      out, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; }, ' ');
  return out;
}

/// `clean` with its non-ASCII words encoded. Blanks between two encoded words are part of the first, because
/// a reader drops those that stand between them (RFC 2047 6.2).
std::string encode_where_needed(std::string_view clean) {
  std::string out;
  std::string encoded;  // neighbouring words that need encoding, with the blanks between them
  std::string_view gap;
  const auto flush = [&] {
    out += encode_words(encoded);
    encoded.clear();
  };
  while (!clean.empty()) {
    const auto word = clean.substr(0, clean.find(' '));
    clean.remove_prefix(word.size());
    if (must_be_encoded(word)) {
      (encoded.empty() ? out : encoded) += gap;
      encoded += word;
    } else {
      flush();
      out.append(gap).append(word);
    }
    gap = clean.substr(0, std::min(clean.find_first_not_of(' '), clean.size()));
    clean.remove_prefix(gap.size());
  }
  flush();
  return out;
}

/// Line breaks put before blanks, so that lines stay within 78 where there are blanks.
std::string fold(std::string_view line) {
  std::string out;
  std::size_t column = kNameAllowance;
  while (!line.empty()) {
    const auto word_begin = std::min(line.find_first_not_of(' '), line.size());
    const auto word_end = std::min(line.find(' ', word_begin), line.size());
    if (column + word_end > kLine && !out.empty()) {
      out += "\r\n";
      column = 0;
    }
    out += line.substr(0, word_end);
    column += word_end;
    line.remove_prefix(word_end);
  }
  return out;
}

}  // namespace

std::string HeaderField::unfolded() const {
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\r' && i + 1 < value.size() && value[i + 1] == '\n') continue;
    if (value[i] != '\n') {
      out += value[i] == '\r' ? ' ' : value[i];
    } else if (i + 1 < value.size() && value[i + 1] != ' ' && value[i + 1] != '\t') {
      out += ' ';  // no fold, but this is one line all the same
    }
  }
  return std::string(text::trim(out));
}

std::string HeaderField::decoded() const { return decode_words(unfolded()); }

const HeaderField* Headers::find(std::string_view name) const {
  const auto found = std::ranges::find_if(fields_, [&](const auto& field) { return is_named(field, name); });
  return found == fields_.end() ? nullptr : &*found;
}

std::vector<const HeaderField*> Headers::find_all(std::string_view name) const {
  std::vector<const HeaderField*> found;
  for (const auto& field : fields_)
    if (is_named(field, name)) found.push_back(&field);
  return found;
}

void Headers::set(std::string_view name, std::string value) {
  const auto first = std::ranges::find_if(fields_, [&](const auto& field) { return is_named(field, name); });
  if (first == fields_.end()) return append({std::string(name), std::move(value)});
  first->value = std::move(value);
  fields_.erase(
      std::remove_if(first + 1, fields_.end(), [&](const auto& field) { return is_named(field, name); }),
      fields_.end());
}

std::size_t Headers::remove(std::string_view name) {
  return std::erase_if(fields_, [&](const auto& field) { return is_named(field, name); });
}

std::string Headers::wire() const {
  std::string out;
  for (const auto& field : fields_) out.append(field.name).append(":").append(field.value).append("\r\n");
  return out;
}

std::string make_header_value(std::string_view utf8) {
  const auto clean = without_controls(utf8);
  const auto trimmed = text::trim(clean, " ");
  return trimmed.empty() ? std::string() : fold(' ' + encode_where_needed(trimmed));
}

bool is_header_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7F && c != ':'; });
}

}  // namespace pams
