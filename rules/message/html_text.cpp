// html_to_text() of content.hpp.
#include <algorithm>

#include "rules/base/text.hpp"
#include "rules/message/content.hpp"
#include "rules/message/html_entity.hpp"
#include "rules/message/html_scan.hpp"

namespace pams {
namespace {

constexpr std::string_view kNoBreakSpace = "\xC2\xA0";

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [&](auto one) { return text::iequals(name, one); });
}

/// Lays text out: runs of blanks become one, line breaks come from elements alone (CSS white-space: normal).
class TextLayout {
 public:
  void text(std::string_view html);
  void element(std::string_view name, bool is_close);
  std::string finish() { return std::move(out_); }

 private:
  void blank() { has_blank_ = true; }
  void lines(std::size_t count) { lines_ = std::max(lines_, count); }
  void put(std::string_view visible);

  std::string out_;
  bool has_blank_ = false;
  std::size_t lines_ = 0;  ///< line breaks due before the next visible character
};

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

void TextLayout::text(std::string_view html) {
  std::string decoded;
  while (!html.empty()) {
    decoded.clear();
    std::size_t length = html.front() == '&' ? decode_entity(html, decoded) : 0;
    if (length == 0) {
      length = html.starts_with(kNoBreakSpace) ? kNoBreakSpace.size() : 1;
      decoded = html.substr(0, length);
    }
    if (decoded == kNoBreakSpace ||
        (decoded.size() == 1 && std::string_view(" \t\r\n\f").find(decoded[0]) != std::string_view::npos)) {
      blank();
    } else {
      put(decoded);
    }
    html.remove_prefix(length);
  }
}

void TextLayout::element(std::string_view name, bool is_close) {
  if (text::iequals(name, "br")) {
    lines_ = is_close ? lines_ : std::min<std::size_t>(lines_ + 1, 2);
  } else if (is_one_of(name,
                       {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "dl", "pre"})) {
    lines(2);
  } else if (is_one_of(name, {"div",     "tr",      "table",    "li",      "dt",     "dd",    "hr",
                              "address", "article", "aside",    "footer",  "header", "main",  "nav",
                              "section", "form",    "fieldset", "figure",  "center", "body",  "html",
                              "head",    "title",   "option",   "caption", "tbody",  "thead", "tfoot"})) {
    lines(1);
  } else if (is_one_of(name, {"td", "th", "img", "input", "button", "select", "textarea"})) {
    blank();
  }
}

}  // namespace

std::string html_to_text(std::string_view html) {
  TextLayout layout;
  HtmlScan scan(html);
  while (const auto token = scan.next()) {
    const auto bytes = html.substr(token->begin, token->end - token->begin);
    if (token->kind == HtmlKind::Text) layout.text(bytes);
    if (token->kind == HtmlKind::RawText && is_one_of(token->name, {"textarea", "xmp"})) layout.text(bytes);
    if (token->kind == HtmlKind::OpenTag || token->kind == HtmlKind::CloseTag)
      layout.element(token->name, token->kind == HtmlKind::CloseTag);
  }
  return layout.finish();
}

}  // namespace pams
