#include "rules/disclaimer/html_place.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "rules/base/text.hpp"

namespace pams::disclaimer {
namespace {

constexpr auto kNone = std::string_view::npos;

/// The tags that decide the place.
struct Landmarks {
  std::optional<std::size_t> behind_start;  ///< behind the doctype or <html>
  std::optional<std::size_t> behind_head;   ///< behind the last </head>
  std::optional<std::size_t> behind_body;   ///< behind the first <body>
  std::optional<std::size_t> body_close;    ///< the last </body>
  std::optional<std::size_t> html_close;    ///< the last </html>
  std::size_t end = 0;  ///< of what is shown: an unfinished comment or script swallows what follows it
};

/// One forward pass over the markup, as HTML 5 (section 13.2.5) reads it. Every byte is looked at a bounded
/// number of times, whatever is left open.
class Survey {
 public:
  explicit Survey(std::string_view html) : html_(html) {}

  Landmarks take() {
    marks_.end = html_.size();
    while (at_ < html_.size()) {
      const auto open = html_.find('<', at_);
      if (open == kNone) break;
      read_markup(open);
    }
    return marks_;
  }

 private:
  bool is_letter_at(std::size_t at) const { return at < html_.size() && text::is_alpha(html_[at]); }
  std::string_view from(std::size_t at) const { return html_.substr(std::min(at, html_.size())); }

  void read_markup(std::size_t open) {
    const auto rest = from(open);
    if (rest.starts_with("<!--")) return skip_to("-->", open, 4);
    if (rest.starts_with("<![CDATA[")) return skip_to("]]>", open, 9);
    if (is_letter_at(open + 1) || (rest.starts_with("</") && is_letter_at(open + 2))) return read_tag(open);
    if (rest.starts_with("<!") || rest.starts_with("<?")) return read_declaration(open);
    at_ = open + 1;
  }

  void skip_to(std::string_view closing, std::size_t open, std::size_t length) {
    const auto close = html_.find(closing, open + length);
    if (close == kNone) return stop(open);
    at_ = close + closing.size();
  }

  void stop(std::size_t open) {
    marks_.end = open;
    at_ = html_.size();
  }

  void read_declaration(std::size_t open) {
    skip_to(">", open, 2);
    if (text::istarts_with(from(open), "<!doctype") && !marks_.behind_start) marks_.behind_start = at_;
  }

  /// A quote counts only where a value begins. Once a quote has swallowed the rest of the text, quotes are no
  /// longer believed: that is how readers recover, and it keeps this linear.
  std::size_t end_of_tag(std::size_t at) {
    if (!believes_quotes_) return html_.find('>', at);
    while (at < html_.size()) {
      const auto stop_at = html_.find_first_of(">=", at);
      if (stop_at == kNone || html_[stop_at] == '>') return stop_at;
      at = std::min(html_.find_first_not_of(text::kBlank, stop_at + 1), html_.size());
      if (at == html_.size() || (html_[at] != '"' && html_[at] != '\'')) continue;
      const auto closing = html_.find(html_[at], at + 1);
      if (closing == kNone) break;
      at = closing + 1;
    }
    believes_quotes_ = false;
    return html_.find('>', at_);
  }

  void read_tag(std::size_t open) {
    const bool is_end = html_[open + 1] == '/';
    const auto name_at = open + (is_end ? 2 : 1);
    const auto name_end = std::min(html_.find_first_of(" \t\r\n\f/>", name_at), html_.size());
    // The longest name that matters is "textarea"; a hostile one is not worth copying.
    const auto name = text::to_lower(html_.substr(name_at, std::min<std::size_t>(name_end - name_at, 16)));
    at_ = name_end;
    const auto close = end_of_tag(name_end);
    if (close == kNone) {
      at_ = html_.size();  // text with a "<" in it, the last one
      return;
    }
    at_ = close + 1;
    note(name, is_end, open);
    if (!is_end) skip_raw_text(name, open);
  }

  void note(std::string_view name, bool is_end, std::size_t open) {
    if (name == "body" && is_end) marks_.body_close = open;
    if (name == "html" && is_end) marks_.html_close = open;
    if (name == "head" && is_end) marks_.behind_head = at_;
    if (name == "html" && !is_end) marks_.behind_start = at_;
    if (name == "body" && !is_end && !marks_.behind_body) marks_.behind_body = at_;
  }

  /// HTML 5, 13.1.2: in these elements nothing is markup but their own end tag.
  void skip_raw_text(std::string_view name, std::size_t open) {
    constexpr std::string_view kRaw[] = {"script", "style", "title", "textarea", "xmp"};
    if (std::ranges::find(kRaw, name) == std::end(kRaw)) return;
    for (auto close = html_.find("</", at_); close != kNone; close = html_.find("</", close + 2)) {
      const auto rest = from(close + 2);
      if (!text::istarts_with(rest, name)) continue;
      const auto next = rest.substr(name.size(), 1);
      if (next.empty() || std::string_view(" \t\r\n\f/>").find(next.front()) == kNone) continue;
      at_ = close;
      return;
    }
    stop(open);
  }

  std::string_view html_;
  std::size_t at_ = 0;
  bool believes_quotes_ = true;
  Landmarks marks_;
};

}  // namespace

std::size_t html_place(std::string_view html, Location location) {
  const auto marks = Survey(html).take();
  if (location == Location::Append) return marks.body_close.value_or(marks.html_close.value_or(marks.end));
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const auto start =
      marks.behind_start.value_or(html.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
  return marks.behind_body.value_or(marks.behind_head.value_or(start));
}

}  // namespace pams::disclaimer
