#include "rules/disclaimer/layout.hpp"

#include <algorithm>

#include "rules/base/text.hpp"
#include "rules/disclaimer/html_place.hpp"

namespace pams::disclaimer {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// RFC 3676 4.4: such lines get a blank in front, or readers would take them for quotes or mbox marks.
bool needs_stuffing(std::string_view line) {
  return line.starts_with(' ') || line.starts_with('>') || line.starts_with("From ");
}

std::string lines_of(std::string_view text, bool is_flowed, std::string_view line_end) {
  std::string out;
  for (const auto line : text::split(text, '\n')) {
    if (!out.empty()) out += line_end;
    if (is_flowed && needs_stuffing(line)) out += ' ';
    out += line;
  }
  return out;
}

std::string_view without_line_end(std::string_view s) {
  if (s.ends_with('\n')) s.remove_suffix(1);
  if (s.ends_with('\r')) s.remove_suffix(1);
  return s;
}

std::string_view last_line(std::string_view s) { return s.substr(s.rfind('\n') + 1); }

/// RFC 3676 4.2 and 4.3: a line that ends with a blank goes on in the next one; the signature mark does not.
bool ends_soft(std::string_view text) {
  const auto line = last_line(without_line_end(text));
  return line.ends_with(' ') && line != "-- ";
}

/// What makes exactly one empty line between `text` and what follows it.
std::string separation(std::string_view text, bool is_flowed, std::string_view line_end) {
  std::string out;
  if (!text.ends_with('\n')) out += line_end;
  if (!text.ends_with('\n') || !without_line_end(text).ends_with('\n')) out += line_end;
  // The first empty line only ends the paragraph that was still going on.
  if (is_flowed && ends_soft(text)) out += line_end;
  return out;
}

bool is_block(std::string_view html) {
  constexpr std::string_view kBlocks[] = {
      "address", "article", "aside", "blockquote", "center",  "div",   "dl", "fieldset", "footer",
      "form",    "h1",      "h2",    "h3",         "h4",      "h5",    "h6", "header",   "hr",
      "main",    "ol",      "p",     "pre",        "section", "table", "ul",
  };
  if (!html.starts_with('<')) return false;
  const auto end = std::min(html.find_first_of(" \t\n/>", 1), html.size());
  const auto name = text::to_lower(html.substr(1, end - 1));
  return std::ranges::find(kBlocks, std::string_view(name)) != std::end(kBlocks);
}

}  // namespace

Insertion lay_out_text(std::string_view text, const Disclaimer& disclaimer, bool is_flowed,
                       std::string_view line_end) {
  const auto lines = lines_of(disclaimer.text, is_flowed, line_end);
  const std::size_t mark = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  if (text.size() == mark) return {mark, lines + std::string(line_end)};
  if (disclaimer.location == Location::Prepend)
    return {mark, lines + std::string(line_end) + std::string(line_end)};
  return {text.size(), separation(text, is_flowed, line_end) + lines + std::string(line_end)};
}

Result<Insertion> lay_out_html(std::string_view html, const Disclaimer& disclaimer,
                               std::string_view line_end) {
  const auto place = html_place(html, disclaimer.location);
  if (!place) return tl::unexpected(place.error());
  const auto at = *place;
  const auto fragment = text::replace_all(disclaimer.html, "\n", line_end);
  const auto block = is_block(fragment) ? fragment : "<div>" + fragment + "</div>";
  const bool at_line_start = at == 0 || html[at - 1] == '\n';
  return Insertion{at, std::string(at_line_start ? "" : line_end) + block + std::string(line_end)};
}

std::string with_entities(std::string_view utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i++]);
    if (lead < 0x80) {
      out += static_cast<char>(lead);
      continue;
    }
    auto point = lead & (lead >= 0xF0 ? 0x07U : lead >= 0xE0 ? 0x0FU : 0x1FU);
    for (; i < utf8.size() && (static_cast<unsigned char>(utf8[i]) & 0xC0U) == 0x80U; ++i)
      point = point << 6U | (static_cast<unsigned char>(utf8[i]) & 0x3FU);
    out += "&#" + std::to_string(point) + ";";
  }
  return out;
}

}  // namespace pams::disclaimer
