#include "rules/html/visibility.hpp"

#include <string>

#include "rules/base/text.hpp"
#include "rules/html/html_attributes.hpp"

namespace pams {
namespace {

constexpr std::string_view kCssBlank = " \t\n\f\r";

/// CSS without its comments.
std::string without_comments(std::string_view css) {
  std::string out;
  for (auto begin = css.find("/*"); begin != std::string_view::npos; begin = css.find("/*")) {
    out += css.substr(0, begin);
    const auto end = css.find("*/", begin + 2);
    css = end == std::string_view::npos ? std::string_view{} : css.substr(end + 2);
  }
  return out.append(css);
}

/// What the declarations of one style say of `display` and `visibility`.
struct Style {
  bool is_none = false, is_other = false;  ///< display
  bool is_unseen = false;                  ///< visibility: hidden, collapse

  void declare(std::string_view name, std::string_view value) {
    const auto word = value.substr(0, value.find_first_of(" \t\n\f\r!"));
    if (name == "display") (word == "none" ? is_none : is_other) = true;
    if (name == "visibility" && (word == "hidden" || word == "collapse")) is_unseen = true;
  }
};

Style read_style(std::string_view attribute) {
  const auto css = text::to_lower(without_comments(attribute));
  Style style;
  for (const auto declaration : text::split(css, ';')) {
    const auto colon = declaration.find(':');
    if (colon == std::string_view::npos) continue;
    style.declare(text::trim(declaration.substr(0, colon), kCssBlank),
                  text::trim(declaration.substr(colon + 1), kCssBlank));
  }
  return style;
}

}  // namespace

HtmlVisibility html_visibility(std::string_view inside) {
  const auto style = read_style(html_attribute(inside, "style").value_or(""));
  const bool is_none = style.is_none || html_attribute(inside, "hidden");
  if (is_none && !style.is_other) return HtmlVisibility::Hidden;
  return is_none || style.is_unseen ? HtmlVisibility::Uncertain : HtmlVisibility::Shown;
}

}  // namespace pams
