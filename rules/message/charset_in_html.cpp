#include "rules/message/charset_in_html.hpp"

#include <utility>

#include "rules/base/text.hpp"
#include "rules/message/charset.hpp"
#include "rules/message/charset_label.hpp"

namespace pams {
namespace {

constexpr std::size_t kLooksAt = 1024;
constexpr std::string_view kBlank = " \t\r\n\f";

/// What follows `name`, blanks, "=" and blanks at the front of `s`, without its quotes; "" when that is not
/// so.
std::string_view value_after(std::string_view name, std::string_view s) {
  s = text::trim_left(s.substr(name.size()), kBlank);
  if (!s.starts_with('=')) return {};
  s = text::trim_left(s.substr(1), kBlank);
  s.remove_prefix(s.starts_with('"') || s.starts_with('\'') ? 1 : 0);
  return s.substr(0, s.find_first_of(" \t\r\n\f\"';>/"));
}

std::string_view charset_of(std::string_view tag) {
  constexpr std::string_view kName = "charset";
  for (std::size_t at = 0; at < tag.size(); ++at) {
    if (!text::istarts_with(tag.substr(at), kName)) continue;
    if (const auto value = value_after(kName, tag.substr(at)); !value.empty()) return value;
  }
  return {};
}

}  // namespace

std::string charset_in_html(std::string_view html) {
  html = html.substr(0, kLooksAt);
  for (std::size_t at = 0; at < html.size(); ++at) {
    if (!text::istarts_with(html.substr(at), "<meta")) continue;
    const auto tag = html.substr(at, html.find('>', at) - at);
    const auto charset = charset_of(tag);
    if (charset.empty()) continue;
    // What could be read as ASCII so far is not in UTF-16.
    return charset_names(charset).reading.starts_with("UTF-16") ? "utf-8" : text::to_lower(charset);
  }
  return {};
}

std::vector<std::string> html_readings(std::string_view bytes, std::string_view charset) {
  auto all = readings(bytes, charset);
  const auto label = charset_names(charset).reading;
  const auto own = charset_in_html(bytes);
  const bool says_nothing = label.empty() || label == "US-ASCII";
  if (!says_nothing || charset_names(own).reading.empty()) return all;
  auto text = to_utf8(bytes, own);
  if (text != all.front()) all.push_back(std::move(text));
  return all;
}

}  // namespace pams
