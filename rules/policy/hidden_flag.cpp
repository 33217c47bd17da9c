#include "rules/policy/hidden_flag.hpp"

#include <algorithm>
#include <iterator>

#include "rules/base/text.hpp"
#include "rules/message/header_block.hpp"
#include "rules/policy/flag.hpp"

namespace pams::rules {
namespace {

constexpr std::size_t kMaxParagraph = std::size_t{64} << 10U;

/// Whether what stands before the colon is `flag` once all that cannot stand in a name is taken out.
bool names(std::string_view line, std::string_view flag) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon > flag.size() + 16) return false;
  std::string name(line.substr(0, colon));
  std::erase_if(name, [](char c) { return c <= ' ' || c > '~'; });
  return text::iequals(name, text::trim(flag));
}

bool is_continuation(std::string_view line) { return line.starts_with(' ') || line.starts_with('\t'); }

/// The names of other fields are listed in signatures, with colons between them.
bool lists_names(const HeaderField& field) {
  return text::iends_with(text::trim(field.name), "-Signature") ||
         text::iends_with(text::trim(field.name), "-Seal");
}

bool is_folded_into(const HeaderField& field, std::string_view flag) {
  if (lists_names(field)) return false;
  // A lone CR was a line end to whoever wrote it.
  const auto lines = text::split(field.value, '\r');
  return std::any_of(std::next(lines.begin()), lines.end(), [&](auto line) { return names(line, flag); });
}

/// After a blank line the text of a message begins with a line of its own kind: the delimiter of its parts.
bool is_delimiter(std::string_view line, const Headers& headers) {
  const auto* type = headers.find("Content-Type");
  const auto boundary = text::trim_right(line);
  return boundary.size() > 2 && boundary.starts_with("--") && type != nullptr &&
         type->value.find(boundary.substr(2)) != std::string::npos;
}

/// The first paragraph, if it may be the rest of a header: it begins with a line that is no field, and holds
/// no fewer fields than such lines.
bool is_rest_of_header_with(std::string_view flag, std::string_view paragraph) {
  bool has_flag = false;
  std::ptrdiff_t fields = 0, others = 0;
  for (std::size_t at = 0; at < paragraph.size();) {
    const auto line = line_at(paragraph, at);
    auto text = std::string(line.text(paragraph));
    if (at == 0 && is_field_line(text)) return false;  // the text's own: a field cannot have ended the header
    if (text.empty()) break;
    at = line.next;
    if (at < paragraph.size() && text.find(':') == std::string::npos) {  // "zivver-relay\r\n : x"
      const auto next = line_at(paragraph, at).text(paragraph);
      if (is_continuation(next)) text += next;
    }
    if (is_continuation(text)) continue;
    has_flag = has_flag || names(text, flag);
    ++(is_field_line(text) || names(text, flag) ? fields : others);
  }
  return has_flag && fields >= others;
}

}  // namespace

std::optional<std::string> hidden_flag(const Headers& headers, std::string_view body, std::string_view flag) {
  for (const auto& field : headers.fields())
    if (is_folded_into(field, flag))
      return std::string(flag) + " stands in a folded line of the field " + text::printable(field.name, 60);
  if (is_delimiter(line_at(body, 0).text(body), headers)) return std::nullopt;
  if (is_rest_of_header_with(flag, body.substr(0, kMaxParagraph)))
    return "the header ends at a line that is no field, and " + std::string(flag) + " stands after it";
  return std::nullopt;
}

}  // namespace pams::rules
