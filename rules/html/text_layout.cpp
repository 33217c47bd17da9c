#include "rules/html/text_layout.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "rules/base/text.hpp"
#include "rules/html/html_reference.hpp"
#include "rules/html/html_scan.hpp"

namespace pams {
namespace {

constexpr std::string_view kNoBreakSpace = "\xC2\xA0";

enum class Break { None, Blank, Line, Paragraph, Br };

constexpr std::pair<std::string_view, Break> kBreaks[] = {
    {"address", Break::Line},
    {"article", Break::Line},
    {"aside", Break::Line},
    {"blockquote", Break::Paragraph},
    {"body", Break::Line},
    {"br", Break::Br},
    {"button", Break::Blank},
    {"caption", Break::Line},
    {"center", Break::Line},
    {"dd", Break::Line},
    {"div", Break::Line},
    {"dl", Break::Paragraph},
    {"dt", Break::Line},
    {"fieldset", Break::Line},
    {"figure", Break::Line},
    {"footer", Break::Line},
    {"form", Break::Line},
    {"h1", Break::Paragraph},
    {"h2", Break::Paragraph},
    {"h3", Break::Paragraph},
    {"h4", Break::Paragraph},
    {"h5", Break::Paragraph},
    {"h6", Break::Paragraph},
    {"head", Break::Line},
    {"header", Break::Line},
    {"hr", Break::Line},
    {"html", Break::Line},
    {"img", Break::Blank},
    {"input", Break::Blank},
    {"li", Break::Line},
    {"listing", Break::Paragraph},
    {"main", Break::Line},
    {"nav", Break::Line},
    {"ol", Break::Paragraph},
    {"option", Break::Line},
    {"p", Break::Paragraph},
    {"plaintext", Break::Paragraph},
    {"pre", Break::Paragraph},
    {"section", Break::Line},
    {"select", Break::Blank},
    {"table", Break::Line},
    {"tbody", Break::Line},
    {"td", Break::Blank},
    {"textarea", Break::Blank},
    {"tfoot", Break::Line},
    {"th", Break::Blank},
    {"thead", Break::Line},
    {"title", Break::Line},
    {"tr", Break::Line},
    {"ul", Break::Paragraph},
    {"xmp", Break::Paragraph},
};
static_assert(std::ranges::is_sorted(kBreaks));

constexpr std::string_view kKeepLines[] = {"pre", "listing", "xmp", "plaintext", "textarea"};

Break break_of(std::string_view name) {
  std::array<char, 10> lower{};
  if (name.size() > lower.size()) return Break::None;
  std::ranges::transform(name, lower.begin(), text::lower);
  const std::string_view wanted(lower.data(), name.size());
  const auto* found =
      std::ranges::lower_bound(kBreaks, wanted, {}, &std::pair<std::string_view, Break>::first);
  return found != std::end(kBreaks) && found->first == wanted ? found->second : Break::None;
}

/// What may be a blank or the beginning of a reference; all other bytes are shown as they are.
constexpr auto kIsSpecial = [] {
  std::array<bool, 256> table{};
  for (const char c : {' ', '\t', '\n', '\f', '\r', '&'}) table[static_cast<unsigned char>(c)] = true;
  table[static_cast<unsigned char>(kNoBreakSpace[0])] = true;
  return table;
}();

std::size_t plain_length(std::string_view s) {
  std::size_t i = 0;
  while (i < s.size() && !kIsSpecial[static_cast<unsigned char>(s[i])]) ++i;
  return i;
}

std::size_t blank_length(std::string_view s) {
  if (s.starts_with(kNoBreakSpace)) return kNoBreakSpace.size();
  return !s.empty() && is_html_blank(s.front()) ? 1 : 0;
}

}  // namespace

void TextLayout::text(std::string_view html) { put_all(html, true); }

void TextLayout::literal(std::string_view utf8) { put_all(utf8, false); }

void TextLayout::tag(std::string_view name, bool is_end) {
  if (std::ranges::any_of(kKeepLines, [&](auto one) { return text::iequals(one, name); })) {
    if (!is_end) ++keeping_lines_;
    if (is_end && keeping_lines_ > 0) --keeping_lines_;
  }
  switch (break_of(name)) {
    case Break::None:
      return;
    case Break::Blank:
      has_blank_ = true;
      return;
    case Break::Line:
      return line();
    case Break::Paragraph:
      lines_ = 2;
      return;
    case Break::Br:
      lines_ = is_end ? lines_ : std::min<std::size_t>(lines_ + 1, 2);
      return;
  }
}

void TextLayout::blank(char c) {
  has_blank_ = true;
  if (keeping_lines_ > 0 && (c == '\n' || c == '\r')) line();
}

void TextLayout::line() { lines_ = std::max<std::size_t>(lines_, 1); }

void TextLayout::put_all(std::string_view s, bool has_references) {
  std::string decoded;
  while (!s.empty()) {
    if (const auto plain = plain_length(s); plain > 0) {
      put(s.substr(0, plain));
      s.remove_prefix(plain);
    } else if (const auto skipped = blank_length(s); skipped > 0) {
      blank(s.front());
      s.remove_prefix(skipped);
    } else {
      decoded.clear();
      const auto length = has_references && s.front() == '&' ? decode_html_reference(s, decoded) : 0;
      if (length == 0) decoded = s.front();
      blank_length(decoded) > 0 ? blank(decoded.front()) : put(decoded);
      s.remove_prefix(std::max<std::size_t>(length, 1));
    }
  }
}

void TextLayout::put(std::string_view visible) {
  if (!out_.empty()) {
    if (lines_ > 0) {
      out_.append(lines_, '\n');
    } else if (has_blank_) {
      out_ += ' ';
    }
  }
  has_blank_ = false;
  lines_ = 0;
  out_ += visible;
}

}  // namespace pams
