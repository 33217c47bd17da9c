#include "rules/html/html_text.hpp"

#include <algorithm>
#include <optional>

#include "rules/base/text.hpp"
#include "rules/html/html_scan.hpp"
#include "rules/html/text_layout.hpp"

namespace pams {
namespace {

constexpr auto kNone = std::string_view::npos;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [&](auto one) { return text::iequals(name, one); });
}

/// Elements in which it depends on the tree whether `style`, `title`... hold raw text, and whether there is
/// CDATA.
bool is_read_two_ways(std::string_view name) {
  return is_one_of(name, {"svg", "math", "select", "template", "frameset"});
}

/// What Outlook shows of "<!--[if mso]>this<![endif]-->"; none for other comments.
std::optional<std::string_view> conditional(std::string_view comment) {
  if (!text::istarts_with(text::trim_left(comment), "[if")) return std::nullopt;
  const auto begin = comment.find("]>");
  if (begin == kNone) return std::nullopt;
  auto shown = comment.substr(begin + 2);
  // "<![endif]" without its ">", or the "<!" of "<!--[if !mso]><!-->"
  const auto last = shown.rfind("<!");
  if (last != kNone && shown.find('>', last) == kNone) shown = shown.substr(0, last);
  return shown;
}

bool begins_markup(std::string_view s) {
  return s.size() > 1 && (text::is_alpha(s[1]) || std::string_view("/!?").find(s[1]) != kNone);
}

class Reader {
 public:
  explicit Reader(std::string_view html) : html_(html) {}
  std::string finish();

 private:
  enum class Where { Text, Conditional };

  void read(std::string_view html, Where where);
  void read_raw(const HtmlToken& token, std::string_view bytes, bool is_last);
  void read_comment(const HtmlToken& token, Where where);
  void note_two_ways(const HtmlToken& token);
  void strip(std::string_view html);
  void both(std::string_view bytes);

  std::string_view html_;
  TextLayout layout_;
  std::size_t two_ways_from_ = kNone;  ///< the first element in which tokens may be others
  bool is_doubtful_ = false;           ///< and that they are
  bool is_in_xml_ = false;             ///< Outlook's settings, in a conditional comment
};

std::string Reader::finish() {
  read(html_, Where::Text);
  if (is_doubtful_) {
    const auto rest = html_.substr(two_ways_from_);
    layout_.line();
    strip(rest);
    layout_.line();
    layout_.text(rest);
  }
  return layout_.finish();
}

void Reader::read(std::string_view html, Where where) {
  HtmlScan scan(html);
  while (const auto token = scan.next()) {
    const auto bytes = html.substr(token->begin, token->end - token->begin);
    switch (token->kind) {
      case HtmlKind::Text:
        if (!is_in_xml_) layout_.text(bytes);
        break;
      case HtmlKind::Rcdata:
      case HtmlKind::RawText:
        read_raw(*token, bytes, token->end == html.size());
        break;
      case HtmlKind::StartTag:
      case HtmlKind::EndTag:
        layout_.tag(token->name, token->kind == HtmlKind::EndTag);
        if (where == Where::Conditional && text::iequals(token->name, "xml"))
          is_in_xml_ = token->kind == HtmlKind::StartTag;
        break;
      case HtmlKind::Comment:
        read_comment(*token, where);
        break;
      case HtmlKind::Dropped:
        if (bytes != "</>") strip(bytes);
        break;
      case HtmlKind::Doctype:
        break;
    }
    if (where == Where::Text) note_two_ways(*token);
  }
  is_in_xml_ = false;
}

void Reader::read_raw(const HtmlToken& token, std::string_view bytes, bool is_last) {
  if (token.kind == HtmlKind::Rcdata && text::iequals(token.name, "textarea")) {
    layout_.text(bytes);
    both(bytes);
  } else if (is_one_of(token.name, {"xmp", "plaintext"})) {
    layout_.literal(bytes);
    both(bytes);
  } else if (is_last || is_one_of(token.name, {"iframe", "noembed", "noframes"})) {
    strip(bytes);
  }
}

/// Readers that do not know the element show what its markup shows.
void Reader::both(std::string_view bytes) {
  if (bytes.find('<') == kNone) return;
  layout_.line();
  strip(bytes);
}

void Reader::read_comment(const HtmlToken& token, Where where) {
  if (!token.is_closed) return strip(token.inside);
  const auto shown = conditional(token.inside);
  if (shown && where == Where::Text) read(*shown, Where::Conditional);
}

void Reader::note_two_ways(const HtmlToken& token) {
  if (token.kind == HtmlKind::StartTag && is_read_two_ways(token.name))
    two_ways_from_ = std::min(two_ways_from_, token.begin);
  const bool may_be_other =
      token.is_cdata() || token.kind == HtmlKind::Rcdata || token.kind == HtmlKind::RawText;
  if (two_ways_from_ != kNone && may_be_other) is_doubtful_ = true;
}

/// The text of what readers disagree about: a tag goes on to the next ">", whatever its quotes are; all else
/// is text.
void Reader::strip(std::string_view html) {
  while (!html.empty()) {
    const auto open = std::min(html.find('<'), html.size());
    layout_.text(html.substr(0, open));
    html.remove_prefix(open);
    if (!begins_markup(html)) {
      layout_.text(html.substr(0, 1));
      html.remove_prefix(std::min<std::size_t>(html.size(), 1));
      continue;
    }
    const auto close = html.find('>');
    if (close == kNone) return layout_.text(html);
    const bool is_end = html.starts_with("</");
    const auto name = html.substr(is_end ? 2 : 1);
    layout_.tag(name.substr(0, name.find_first_of(" \t\n\f\r/>")), is_end);
    html.remove_prefix(close + 1);
  }
}

}  // namespace

std::string html_to_text(std::string_view html) { return Reader(html).finish(); }

}  // namespace pams
