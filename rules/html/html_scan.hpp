/// HTML cut into tokens as browsers cut it: the tokenizer of the standard (WHATWG 13.2.5) over bytes. Not a
/// parser: it builds no tree and fixes nothing. Linear in time whatever the input. Pure; any thread.
///
/// What the standard leaves to the tree is decided so:
/// - `noscript` holds markup: mail programs run no scripts.
/// - "<![CDATA[" begins a comment that ends at the first ">", as everywhere but in svg and math; and `style`
///   or `title` hold raw text there, too. Who needs the other reading finds HtmlToken::is_cdata().
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace pams {

/// What text is read as; the states of the tokenizer that a start tag may lead to.
enum class HtmlContent {
  Data,
  Rcdata,     ///< title, textarea: no tags, but character references
  RawText,    ///< style, xmp, iframe, noembed, noframes: neither
  Script,     ///< as RawText, but "<!--<script>" hides an end tag
  PlainText,  ///< plaintext: nothing ends it
};

enum class HtmlKind {
  Text,      ///< character data with character references, also a "<" that begins no tag
  Rcdata,    ///< what is inside title or textarea
  RawText,   ///< what is inside the other elements that hold no tags
  StartTag,  ///< <name ...>
  EndTag,    ///< </name ...>
  Comment,   ///< also what the standard makes one: "<?xml ...>", "<![if mso]>", "</ >"
  Doctype,   ///< <!doctype ...>
  Dropped,   ///< "</>", and the tag that the text ends in: browsers drop its bytes
};

struct HtmlToken {
  HtmlKind kind = HtmlKind::Text;
  std::size_t begin = 0, end = 0;
  std::string_view name;    ///< of tags, as written; of Rcdata and RawText the element's; "" otherwise
  std::string_view inside;  ///< of tags what follows the name (HtmlAttributes); of a comment its data
  bool is_closed = true;    ///< comments and doctype: not ended by the end of the text

  bool is(HtmlKind wanted, std::string_view wanted_name) const;  ///< any letter case
  /// A comment that is a CDATA section, up to "]]>", where it stands in svg or math.
  bool is_cdata() const;
};

/// Space, tab, line feed, form feed, carriage return (which the standard makes a line feed).
constexpr bool is_html_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r' && c != '\v'); }

/// Yields tokens that tile the input.
class HtmlScan {
 public:
  explicit HtmlScan(std::string_view html);
  /// Begins inside the element `name`.
  HtmlScan(std::string_view html, HtmlContent content, std::string_view name);
  std::optional<HtmlToken> next();

 private:
  HtmlToken raw_text();
  HtmlToken text();
  bool is_markup(std::size_t offset) const;
  HtmlToken markup();
  HtmlToken tag();
  HtmlToken comment() const;
  HtmlToken bogus_comment(std::size_t data) const;
  std::size_t raw_end() const;
  std::size_t script_end() const;
  bool is_end_tag(std::size_t offset) const;
  bool is_name(std::size_t offset, std::string_view name) const;
  std::string_view at(std::size_t offset) const { return html_.substr(offset); }

  std::string_view html_;
  std::size_t at_ = 0;
  HtmlContent content_ = HtmlContent::Data;
  std::string_view element_;  ///< whose content is not Data
};

}  // namespace pams
