#include "rules/disclaimer/html_place.hpp"

#include <optional>

#include "rules/base/text.hpp"
#include "rules/message/html_scan.hpp"

namespace pams::disclaimer {
namespace {

/// The tags that decide the place.
struct Landmarks {
  std::optional<std::size_t> after_start;  ///< after the doctype or <html>
  std::optional<std::size_t> after_head;   ///< after the last </head>
  std::optional<std::size_t> after_body;   ///< after the first <body>
  std::optional<std::size_t> body_close;   ///< the last </body>
  std::optional<std::size_t> html_close;   ///< the last </html>
  std::size_t end = 0;                     ///< of what is shown
};

void note(const HtmlToken& token, Landmarks& marks) {
  if (token.is(HtmlKind::CloseTag, "body")) marks.body_close = token.begin;
  if (token.is(HtmlKind::CloseTag, "html")) marks.html_close = token.begin;
  if (token.is(HtmlKind::CloseTag, "head")) marks.after_head = token.end;
  if (token.is(HtmlKind::OpenTag, "html")) marks.after_start = token.end;
  if (token.is(HtmlKind::OpenTag, "body") && !marks.after_body) marks.after_body = token.end;
}

bool is_doctype(const HtmlToken& token, std::string_view html) {
  return token.kind == HtmlKind::Markup && text::istarts_with(html.substr(token.begin), "<!doctype");
}

/// An unfinished comment goes on to the end of the text, and would take in what is appended there.
bool is_unfinished_comment(std::string_view markup) {
  if (markup.starts_with("<!--")) return markup.size() < 7 || !markup.ends_with("-->");
  return text::istarts_with(markup, "<![CDATA[") && !markup.ends_with("]]>");
}

Landmarks survey(std::string_view html) {
  Landmarks marks;
  marks.end = html.size();
  HtmlScan scan(html);
  std::size_t last_tag = 0;
  while (const auto token = scan.next()) {
    note(*token, marks);
    if (is_doctype(*token, html) && !marks.after_start) marks.after_start = token->end;
    if (token->kind == HtmlKind::OpenTag) last_tag = token->begin;
    const bool is_last = token->end == html.size();
    if (is_last && token->kind == HtmlKind::RawText) marks.end = last_tag;
    if (is_last && token->kind == HtmlKind::Markup && is_unfinished_comment(html.substr(token->begin)))
      marks.end = token->begin;
  }
  return marks;
}

}  // namespace

std::size_t html_place(std::string_view html, Location location) {
  const auto marks = survey(html);
  if (location == Location::Append) return marks.body_close.value_or(marks.html_close.value_or(marks.end));
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const auto start = marks.after_start.value_or(html.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
  return marks.after_body.value_or(marks.after_head.value_or(start));
}

}  // namespace pams::disclaimer
