/// HTML cut into tokens, forward, for finding tags and the text between them. Not a parser: it builds no tree
/// and fixes nothing. Linear in time whatever the input (tree builders are quadratic on nesting or
/// attributes). Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace pams {

enum class HtmlKind {
  Text,      ///< character data, also a "<" that begins no tag
  OpenTag,   ///< <name ...>
  CloseTag,  ///< </name ...>
  RawText,   ///< what is inside script, style, title, textarea or xmp: holds no tags
  Markup,    ///< comments (conditional ones too), doctype, CDATA, processing instructions
};

struct HtmlToken {
  HtmlKind kind = HtmlKind::Text;
  std::size_t begin = 0, end = 0;
  std::string_view name;  ///< of tags, as written; of RawText the element's; "" otherwise

  bool is(HtmlKind wanted, std::string_view wanted_name) const;  ///< any letter case
};

/// Yields tokens that tile the input. A tag needs its ">" outside quotes; "<" without one is text.
class HtmlScan {
 public:
  explicit HtmlScan(std::string_view html);
  std::optional<HtmlToken> next();

 private:
  std::optional<HtmlToken> markup_at(std::size_t begin);
  HtmlToken raw_text(std::size_t begin) const;
  std::size_t tag_end(std::size_t begin);
  std::size_t after_quoted(std::size_t quote) const;
  std::size_t next_special(std::size_t from);
  std::size_t past(std::string_view terminator, std::size_t from) const;

  std::string_view html_;
  std::size_t at_ = 0;
  std::string_view raw_element_;    ///< set after the opening tag of one
  std::optional<HtmlToken> ready_;  ///< a tag that was found after text

  // Memory of what was seen, so that a "<" without end costs nothing the second time.
  std::size_t special_from_ = 0, special_ = 0;  ///< the next '>' or quote from special_from_ on
  std::vector<bool> is_hopeless_;  ///< opening quotes from which no tag ends; empty until one is known
};

}  // namespace pams
