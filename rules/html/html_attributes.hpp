/// The attributes of an HTML tag, as the standard reads them (WHATWG 13.2.5.32 to 13.2.5.40): a quote counts
/// only at the beginning of a value. Pure; any thread. Linear.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pams {

struct HtmlAttribute {
  std::string_view name, value;  ///< as written: any letter case, character references not decoded
};

/// Yields the attributes of the tag whose bytes after its name begin at the front of `after_name`; the bytes
/// may go on after the tag. The first of two with the same name counts, for all who read HTML.
class HtmlAttributes {
 public:
  explicit HtmlAttributes(std::string_view after_name);
  std::optional<HtmlAttribute> next();

  /// After the last attribute: where the tag ends, after its ">". None where the text ends before.
  std::optional<std::size_t> end() const { return end_; }
  bool is_self_closing() const { return is_self_closing_; }

 private:
  bool is_at_end();
  std::string_view value();
  std::size_t skip_blanks(std::size_t from) const;

  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<std::size_t> end_;
  bool is_self_closing_ = false;
};

/// The value of the attribute `name` of the tag whose bytes after its name are `after_name`, with character
/// references decoded.
std::optional<std::string> html_attribute(std::string_view after_name, std::string_view name);

}  // namespace pams
