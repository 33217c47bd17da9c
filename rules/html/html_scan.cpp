#include "rules/html/html_scan.hpp"

#include <algorithm>
#include <utility>

#include "rules/base/text.hpp"
#include "rules/html/html_attributes.hpp"

namespace pams {
namespace {

constexpr auto kNone = std::string_view::npos;
constexpr std::string_view kTagNameEnds = " \t\n\f\r/>";

HtmlContent content_of(std::string_view name) {
  constexpr std::pair<std::string_view, HtmlContent> kContents[] = {
      {"title", HtmlContent::Rcdata},        {"textarea", HtmlContent::Rcdata},
      {"style", HtmlContent::RawText},       {"xmp", HtmlContent::RawText},
      {"iframe", HtmlContent::RawText},      {"noembed", HtmlContent::RawText},
      {"noframes", HtmlContent::RawText},    {"script", HtmlContent::Script},
      {"plaintext", HtmlContent::PlainText},
  };
  for (const auto& [element, content] : kContents)
    if (text::iequals(name, element)) return content;
  return HtmlContent::Data;
}

/// A comment's data where the text ends in it: what would have been its end is none of it (13.2.5.49 to 52).
std::string_view without_begun_end(std::string_view data) {
  for (const std::string_view end : {"--!", "--", "-"})
    if (data.ends_with(end)) return data.substr(0, data.size() - end.size());
  return data;
}

/// Where the "-->" or "--!>" at or after `from` begins.
std::size_t comment_end(std::string_view html, std::size_t from) {
  for (auto at = html.find("--", from); at != kNone; at = html.find("--", at + 1))
    if (const auto rest = html.substr(at + 2, 2); rest.starts_with('>') || rest == "!>") return at;
  return kNone;
}

}  // namespace

bool HtmlToken::is(HtmlKind wanted, std::string_view wanted_name) const {
  return kind == wanted && text::iequals(name, wanted_name);
}

bool HtmlToken::is_cdata() const { return kind == HtmlKind::Comment && inside.starts_with("[CDATA["); }

HtmlScan::HtmlScan(std::string_view html) : html_(html) {}

HtmlScan::HtmlScan(std::string_view html, HtmlContent content, std::string_view name)
    : html_(html), content_(content), element_(name) {}

std::optional<HtmlToken> HtmlScan::next() {
  if (at_ == html_.size()) return std::nullopt;
  HtmlToken token;
  if (content_ != HtmlContent::Data) {
    token = raw_text();
    content_ = HtmlContent::Data;
    if (token.end == at_) token = tag();  // nothing is in the element
  } else {
    token = is_markup(at_) ? markup() : text();
  }
  token.begin = at_;
  at_ = token.end;
  return token;
}

/// 13.2.5.1: up to the next tag or other markup.
HtmlToken HtmlScan::text() {
  auto end = at_;
  do end = std::min(html_.find('<', end + 1), html_.size());
  while (end != html_.size() && !is_markup(end));
  return {HtmlKind::Text, at_, end, {}, {}};
}

/// 13.2.5.6, 13.2.5.7: whether what stands at `offset` is not text.
bool HtmlScan::is_markup(std::size_t offset) const {
  const auto rest = at(offset);
  if (rest.size() < 2 || rest[0] != '<') return false;
  return rest[1] == '/' ? rest.size() > 2 : rest[1] == '!' || rest[1] == '?' || text::is_alpha(rest[1]);
}

HtmlToken HtmlScan::markup() {
  const auto rest = at(at_);
  if (rest[1] == '!') {
    if (rest.starts_with("<!--")) return comment();
    auto token = bogus_comment(at_ + 2);
    if (text::istarts_with(rest, "<!doctype")) token.kind = HtmlKind::Doctype;
    return token;
  }
  if (rest[1] == '?') return bogus_comment(at_ + 1);
  if (rest.starts_with("</>")) return {HtmlKind::Dropped, at_, at_ + 3, {}, {}};
  if (rest[1] == '/' && !text::is_alpha(rest[2])) return bogus_comment(at_ + 2);
  auto token = tag();
  if (token.kind == HtmlKind::StartTag) {
    content_ = content_of(token.name);
    element_ = token.name;
  }
  return token;
}

HtmlToken HtmlScan::tag() {
  const bool is_end = html_[at_ + 1] == '/';
  const auto begin = at_ + (is_end ? 2 : 1);
  const auto name_end = std::min(html_.find_first_of(kTagNameEnds, begin), html_.size());
  HtmlAttributes attributes(at(name_end));
  while (attributes.next()) continue;
  if (!attributes.end()) return {HtmlKind::Dropped, at_, html_.size(), {}, {}};
  const auto end = name_end + *attributes.end();
  return {is_end ? HtmlKind::EndTag : HtmlKind::StartTag, at_, end, html_.substr(begin, name_end - begin),
          html_.substr(name_end, end - name_end)};
}

/// 13.2.5.43 to 13.2.5.52.
HtmlToken HtmlScan::comment() const {
  const auto data = at_ + 4;
  for (const std::string_view abrupt : {">", "->"})
    if (at(data).starts_with(abrupt)) return {HtmlKind::Comment, at_, data + abrupt.size(), {}, {}};
  const auto end = comment_end(html_, data);
  if (end == kNone) return {HtmlKind::Comment, at_, html_.size(), {}, without_begun_end(at(data)), false};
  const auto past = end + (html_[end + 2] == '>' ? 3 : 4);
  return {HtmlKind::Comment, at_, past, {}, html_.substr(data, end - data)};
}

/// 13.2.5.41: up to the first ">". A doctype ends there, too, whatever its quotes are.
HtmlToken HtmlScan::bogus_comment(std::size_t data) const {
  const auto end = html_.find('>', data);
  if (end == kNone) return {HtmlKind::Comment, at_, html_.size(), {}, at(data), false};
  return {HtmlKind::Comment, at_, end + 1, {}, html_.substr(data, end - data)};
}

HtmlToken HtmlScan::raw_text() {
  const auto kind = content_ == HtmlContent::Rcdata ? HtmlKind::Rcdata : HtmlKind::RawText;
  if (content_ == HtmlContent::PlainText) return {kind, at_, html_.size(), element_, {}};
  return {kind, at_, content_ == HtmlContent::Script ? script_end() : raw_end(), element_, {}};
}

/// 13.2.5.9 to 13.2.5.14: before the end tag of element_, or at the end.
std::size_t HtmlScan::raw_end() const {
  auto end = html_.find("</", at_);
  while (end != kNone && !is_end_tag(end)) end = html_.find("</", end + 2);
  return std::min(end, html_.size());
}

/// 13.2.5.15 to 13.2.5.31.
std::size_t HtmlScan::script_end() const {
  enum { Plain, Escaped, DoubleEscaped } state = Plain;
  for (auto i = at_; i < html_.size(); ++i) {
    if (html_[i] == '-' && state != Plain && at(i).starts_with("-->")) state = Plain;
    if (html_[i] != '<') continue;
    if (state != DoubleEscaped && is_end_tag(i)) return i;
    if (state == Plain && at(i).starts_with("<!--")) {
      state = Escaped;
      i += 1;  // "<!-->" ends it again
    } else if (state == Escaped && is_name(i + 1, "script")) {
      state = DoubleEscaped;
    } else if (state == DoubleEscaped && at(i).starts_with("</") && is_name(i + 2, "script")) {
      state = Escaped;
    }
  }
  return html_.size();
}

/// Whether the end tag of element_ stands at `offset`: nothing else ends it.
bool HtmlScan::is_end_tag(std::size_t offset) const {
  return at(offset).starts_with("</") && !element_.empty() && is_name(offset + 2, element_);
}

bool HtmlScan::is_name(std::size_t offset, std::string_view name) const {
  const auto rest = at(offset);
  return rest.size() > name.size() && text::istarts_with(rest, name) &&
         kTagNameEnds.find(rest[name.size()]) != kNone;
}

}  // namespace pams
