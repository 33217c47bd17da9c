#include "rules/html/html_attributes.hpp"

#include <algorithm>

#include "rules/base/text.hpp"
#include "rules/html/html_reference.hpp"
#include "rules/html/html_scan.hpp"

namespace pams {
namespace {

constexpr std::string_view kNameEnds = " \t\n\f\r/>=";
constexpr std::string_view kUnquotedEnds = " \t\n\f\r>";

}  // namespace

HtmlAttributes::HtmlAttributes(std::string_view after_name) : text_(after_name) {}

std::optional<HtmlAttribute> HtmlAttributes::next() {
  if (is_at_end()) return std::nullopt;
  const auto begin = at_;
  // A "=" at the beginning belongs to the name.
  at_ = std::min(text_.find_first_of(kNameEnds, begin + 1), text_.size());
  const auto name = text_.substr(begin, at_ - begin);
  const auto equals = skip_blanks(at_);
  if (equals == text_.size() || text_[equals] != '=') return HtmlAttribute{name, {}};
  at_ = skip_blanks(equals + 1);
  return HtmlAttribute{name, value()};
}

/// Skips what stands between attributes; whether none follows.
bool HtmlAttributes::is_at_end() {
  bool has_slash = false;
  for (; at_ < text_.size() && (text_[at_] == '/' || is_html_blank(text_[at_])); ++at_)
    has_slash = text_[at_] == '/';
  if (at_ == text_.size()) return true;
  if (text_[at_] != '>') return false;
  end_ = at_ + 1;
  is_self_closing_ = has_slash;
  return true;
}

/// The value at at_, which is after the "=" and its blanks.
std::string_view HtmlAttributes::value() {
  if (at_ == text_.size() || text_[at_] == '>') return {};
  const char quote = text_[at_];
  const bool is_quoted = quote == '"' || quote == '\'';
  const auto begin = is_quoted ? at_ + 1 : at_;
  const auto found = is_quoted ? text_.find(quote, begin) : text_.find_first_of(kUnquotedEnds, begin);
  const auto close = std::min(found, text_.size());
  at_ = std::min(is_quoted ? close + 1 : close, text_.size());
  return text_.substr(begin, close - begin);
}

std::size_t HtmlAttributes::skip_blanks(std::size_t from) const {
  while (from < text_.size() && is_html_blank(text_[from])) ++from;
  return from;
}

std::optional<std::string> html_attribute(std::string_view after_name, std::string_view name) {
  HtmlAttributes attributes(after_name);
  while (const auto one = attributes.next())
    if (text::iequals(one->name, name)) return decode_html_attribute(one->value);
  return std::nullopt;
}

}  // namespace pams
