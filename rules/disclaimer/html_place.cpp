#include "rules/disclaimer/html_place.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>

#include "rules/base/text.hpp"
#include "rules/html/html_attributes.hpp"
#include "rules/html/html_scan.hpp"
#include "rules/html/open_elements.hpp"
#include "rules/html/visibility.hpp"

namespace pams::disclaimer {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [&](auto one) { return text::iequals(name, one); });
}

bool is_blank(std::string_view s) { return std::ranges::all_of(s, is_html_blank); }

/// A picture of one pixel, which only tells that the message was opened.
bool is_pixel(const HtmlToken& tag) {
  return std::ranges::any_of(std::initializer_list<std::string_view>{"width", "height"}, [&](auto side) {
    const auto size = html_attribute(tag.inside, side);
    return size && is_one_of(*size, {"0", "1", "0px", "1px"});
  });
}

/// Tags that show something without text.
bool shows(const HtmlToken& tag) {
  if (html_visibility(tag.inside) == HtmlVisibility::Hidden) return false;
  if (is_one_of(tag.name, {"img", "image", "input", "embed"})) return !is_pixel(tag);
  return is_one_of(tag.name, {"hr", "textarea", "xmp", "iframe", "video", "audio", "canvas", "object", "svg",
                              "math", "button", "select", "meter", "progress", "plaintext", "li"});
}

bool hides_all(const HtmlToken& tag) {
  return is_one_of(tag.name, {"html", "body"}) && html_visibility(tag.inside) != HtmlVisibility::Shown;
}

auto refuse(const char* why) { return fail(Failure::Refused, why); }

/// Finds the place below all that is shown.
class Below {
 public:
  explicit Below(std::string_view html) : html_(html), end_(html.size()) {}
  Result<std::size_t> find();

 private:
  void read(const HtmlToken& token, std::string_view bytes);
  void read_start(const HtmlToken& tag);
  void read_end(const HtmlToken& tag);
  void note_endless(std::string_view name);
  void note_shown();
  Result<std::size_t> at_end() const;

  std::string_view html_;
  OpenElements open_;
  std::optional<std::size_t> body_close_,
      html_close_;             ///< the last </body> and </html>, where they are a place
  std::size_t raw_begin_ = 0;  ///< the last start tag of an element without tags in it
  std::size_t end_ = 0;        ///< of the text, or the begin of what never ends
  const char* refusal_ = nullptr;
};

Result<std::size_t> Below::find() {
  HtmlScan scan(html_);
  while (const auto token = scan.next()) read(*token, html_.substr(token->begin, token->end - token->begin));
  if (refusal_ != nullptr) return refuse(refusal_);
  if (open_.is_doubtful()) return refuse("HTML that readers take differently");
  if (body_close_) return *body_close_;
  return html_close_ ? *html_close_ : at_end();
}

void Below::read(const HtmlToken& token, std::string_view bytes) {
  open_.other(token, bytes);
  switch (token.kind) {
    case HtmlKind::Text:
      if (!is_blank(bytes)) note_shown();
      // Whatever came after it would be a comment.
      if (token.end == html_.size() && bytes.ends_with("</")) refusal_ = "HTML that ends in a tag";
      break;
    case HtmlKind::Rcdata:
    case HtmlKind::RawText:
      if (token.end == html_.size()) note_endless(token.name);
      break;
    case HtmlKind::StartTag:
      read_start(token);
      break;
    case HtmlKind::EndTag:
      read_end(token);
      break;
    case HtmlKind::Comment:
      if (!token.is_closed) end_ = token.begin;
      break;
    case HtmlKind::Dropped:
      if (bytes == "</>") break;
      end_ = token.begin;
      // A reader that minds no quotes shows what is after it.
      if (bytes.find('>') != std::string_view::npos) refusal_ = "HTML that ends in a tag";
      break;
    case HtmlKind::Doctype:
      if (!token.is_closed) end_ = token.begin;
      break;
  }
}

void Below::read_start(const HtmlToken& tag) {
  if (hides_all(tag)) refusal_ = "HTML that is hidden as a whole";
  if (text::iequals(tag.name, "plaintext")) refusal_ = "HTML that ends in plain text";
  raw_begin_ = tag.begin;
  if (shows(tag)) note_shown();
  open_.start(tag);
  if (tag.end == html_.size()) note_endless(tag.name);
}

/// An element without tags in it that never ends: all after its start tag is in it.
void Below::note_endless(std::string_view name) {
  if (is_one_of(name, {"textarea", "xmp"})) refusal_ = "HTML that ends in a textarea";
  if (is_one_of(name, {"title", "style", "script", "iframe", "noembed", "noframes"})) end_ = raw_begin_;
}

void Below::read_end(const HtmlToken& tag) {
  if (!is_one_of(tag.name, {"body", "html"})) return open_.end(tag);
  const bool is_place = !open_.no_place() && !open_.is_in_table();
  (text::iequals(tag.name, "body") ? body_close_ : html_close_) =
      is_place ? std::optional(tag.begin) : std::nullopt;
}

void Below::note_shown() {
  if (open_.is_moved_out()) refusal_ = "HTML with text in a hidden table, outside its cells";
}

Result<std::size_t> Below::at_end() const {
  const auto& no_place = open_.no_place();
  if (no_place && !no_place->is_hidden) return refuse("HTML that ends in an element that is no text");
  if (no_place ? no_place->is_in_table : open_.is_in_table()) return refuse("HTML that ends in a table");
  return no_place ? no_place->begin : end_;
}

/// Finds the place above all that is shown.
class Above {
 public:
  explicit Above(std::string_view html) : html_(html) {}
  Result<std::size_t> find();

 private:
  enum class Next { Go, Stop };

  Next read(const HtmlToken& token, std::string_view bytes);
  Next read_start(const HtmlToken& tag);
  Next read_end(const HtmlToken& tag);
  Next read_body(const HtmlToken& tag);
  void pass(const HtmlToken& token) { place_ = is_in_head_ && !is_in_noscript_ ? token.end : place_; }

  std::string_view html_;
  OpenElements open_;
  std::size_t place_ = 0;
  bool is_in_head_ = true;  ///< or before it: the body has not begun
  bool is_in_noscript_ = false;
  const char* refusal_ = nullptr;
};

Result<std::size_t> Above::find() {
  if (html_.starts_with(kByteOrderMark)) place_ = kByteOrderMark.size();
  HtmlScan scan(html_);
  while (const auto token = scan.next())
    if (read(*token, html_.substr(token->begin, token->end - token->begin)) == Next::Stop) break;
  if (refusal_ != nullptr) return refuse(refusal_);
  return place_;
}

Above::Next Above::read(const HtmlToken& token, std::string_view bytes) {
  switch (token.kind) {
    case HtmlKind::Text:
      if (token.begin == 0 && bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
      return is_blank(bytes) ? Next::Go : Next::Stop;
    case HtmlKind::Comment:
    case HtmlKind::Doctype:
      if (!token.is_closed) return Next::Stop;
      pass(token);
      return Next::Go;
    case HtmlKind::StartTag:
      return read_start(token);
    case HtmlKind::EndTag:
      return read_end(token);
    case HtmlKind::Dropped:
    case HtmlKind::Rcdata:
    case HtmlKind::RawText:
      return Next::Go;
  }
  return Next::Stop;
}

Above::Next Above::read_start(const HtmlToken& tag) {
  if (hides_all(tag)) refusal_ = "HTML that is hidden as a whole";
  if (text::iequals(tag.name, "frameset")) refusal_ = "HTML with frames";
  if (text::iequals(tag.name, "body")) return read_body(tag);
  if (is_one_of(tag.name, {"html", "head", "base", "basefont", "bgsound", "link", "meta"})) {
    pass(tag);
  } else if (is_in_head_ && text::iequals(tag.name, "noscript")) {
    is_in_noscript_ = true;
  } else if (!is_one_of(tag.name, {"title", "style", "script", "noframes"})) {
    if (shows(tag) || text::iequals(tag.name, "plaintext")) return Next::Stop;
    is_in_head_ = false;
    open_.start(tag);
  }
  return Next::Go;
}

/// The tag means something only while nothing is shown, but then it is where people look for the beginning.
Above::Next Above::read_body(const HtmlToken& tag) {
  if (!open_.no_place() && !open_.is_in_table() && !open_.is_doubtful()) place_ = tag.end;
  return Next::Stop;
}

Above::Next Above::read_end(const HtmlToken& tag) {
  if (text::iequals(tag.name, "noscript")) is_in_noscript_ = false;
  if (is_one_of(tag.name, {"body", "html", "br"})) return Next::Stop;
  if (is_one_of(tag.name, {"head", "title", "style", "script", "noframes", "noscript"})) pass(tag);
  if (!is_in_head_) open_.end(tag);
  return Next::Go;
}

}  // namespace

Result<std::size_t> html_place(std::string_view html, Location location) {
  return location == Location::Append ? Below(html).find() : Above(html).find();
}

}  // namespace pams::disclaimer
