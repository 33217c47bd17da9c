#include "rules/message/html_scan.hpp"

#include <algorithm>

#include "rules/base/text.hpp"

namespace pams {
namespace {

constexpr auto kNone = std::string_view::npos;

bool is_raw_element(std::string_view name) {
  constexpr std::string_view kRaw[] = {"script", "style", "title", "textarea", "xmp"};
  return std::ranges::any_of(kRaw, [&](auto raw) { return text::iequals(name, raw); });
}

/// The tag name at the front of `s`: up to a blank, "/" or ">" (HTML 13.2.5.8).
std::string_view tag_name(std::string_view s) { return s.substr(0, s.find_first_of(" \t\r\n\f/>")); }

}  // namespace

bool HtmlToken::is(HtmlKind wanted, std::string_view wanted_name) const {
  return kind == wanted && text::iequals(name, wanted_name);
}

HtmlScan::HtmlScan(std::string_view html) : html_(html) {}

std::optional<HtmlToken> HtmlScan::next() {
  if (ready_) {
    const auto token = *ready_;
    ready_.reset();
    return token;
  }
  if (at_ >= html_.size()) return std::nullopt;
  const auto begin = at_;
  if (!raw_element_.empty()) {
    const auto raw = raw_text(begin);
    raw_element_ = {};
    at_ = raw.end;
    if (raw.end > begin) return raw;
    return next();
  }
  for (auto angle = html_.find('<', begin); angle != kNone; angle = html_.find('<', angle + 1)) {
    const auto tag = markup_at(angle);
    if (!tag) continue;
    at_ = tag->end;
    if (tag->kind == HtmlKind::OpenTag && is_raw_element(tag->name)) raw_element_ = tag->name;
    if (angle == begin) return tag;
    ready_ = tag;
    return HtmlToken{HtmlKind::Text, begin, angle, {}};
  }
  at_ = html_.size();
  return HtmlToken{HtmlKind::Text, begin, at_, {}};
}

/// The tag or other markup that begins with the "<" at `begin`.
std::optional<HtmlToken> HtmlScan::markup_at(std::size_t begin) {
  const auto rest = html_.substr(begin);
  // What is not closed goes on to the end: nothing in it may be taken for a tag.
  if (rest.starts_with("<!--")) return HtmlToken{HtmlKind::Markup, begin, past("-->", begin + 4), {}};
  if (text::istarts_with(rest, "<![CDATA["))
    return HtmlToken{HtmlKind::Markup, begin, past("]]>", begin + 9), {}};
  if (rest.size() < 2) return std::nullopt;
  const char first = rest[1];
  if (first != '!' && first != '?' && first != '/' && !text::is_alpha(first)) return std::nullopt;
  const auto end = tag_end(begin + 2);
  if (end == kNone) return std::nullopt;
  if (text::is_alpha(first)) return HtmlToken{HtmlKind::OpenTag, begin, end, tag_name(rest.substr(1))};
  if (first == '/' && text::is_alpha(rest[2]))
    return HtmlToken{HtmlKind::CloseTag, begin, end, tag_name(rest.substr(2))};
  return HtmlToken{HtmlKind::Markup, begin, end, {}};
}

/// From `begin` to before the closing tag of raw_element_, or to the end.
HtmlToken HtmlScan::raw_text(std::size_t begin) const {
  for (auto slash = html_.find("</", begin); slash != kNone; slash = html_.find("</", slash + 2)) {
    if (!text::istarts_with(html_.substr(slash + 2), raw_element_)) continue;
    const auto after = html_.find_first_not_of(" \t\r\n\f\v", slash + 2 + raw_element_.size());
    if (after != kNone && html_[after] == '>') return {HtmlKind::RawText, begin, slash, raw_element_};
  }
  return {HtmlKind::RawText, begin, html_.size(), raw_element_};
}

/// After the ">" that ends the tag whose inside is read from `begin`; npos when the quotes never let one
/// appear.
std::size_t HtmlScan::tag_end(std::size_t begin) {
  const auto first = next_special(begin);
  const auto may_go_on = [&](std::size_t at) {
    return at != kNone && (is_hopeless_.empty() || !is_hopeless_[at]);
  };
  auto at = first;
  for (; may_go_on(at); at = after_quoted(at))
    if (html_[at] == '>') return at + 1;
  if (first != kNone && is_hopeless_.empty()) is_hopeless_.resize(html_.size());
  for (at = first; may_go_on(at); at = after_quoted(at)) is_hopeless_[at] = true;
  return kNone;
}

/// The next ">" or quote after the quoted text that begins at `quote`.
std::size_t HtmlScan::after_quoted(std::size_t quote) const {
  const auto close = html_.find(html_[quote], quote + 1);
  return close == kNone ? kNone : html_.find_first_of(">\"'", close + 1);
}

std::size_t HtmlScan::next_special(std::size_t from) {
  if (from < special_from_ || from > special_ || special_from_ == 0) {
    special_ = html_.find_first_of(">\"'", from);
    special_from_ = from;
  }
  return special_;
}

std::size_t HtmlScan::past(std::string_view terminator, std::size_t from) const {
  const auto found = html_.find(terminator, from);
  return found == kNone ? html_.size() : found + terminator.size();
}

}  // namespace pams
