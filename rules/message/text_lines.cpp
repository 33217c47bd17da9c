#include "rules/message/text_lines.hpp"

#include <algorithm>
#include <optional>

#include "rules/base/text.hpp"

namespace pams {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";
constexpr std::string_view kLineEnds = "\r\n";

/// The line at the front of `rest`, without its CRLF, LF or CR, which are taken off.
std::string_view take_line(std::string_view& rest) {
  const auto line = rest.substr(0, rest.find_first_of(kLineEnds));
  rest.remove_prefix(line.size());
  rest.remove_prefix(rest.starts_with("\r\n") ? 2 : std::min<std::size_t>(rest.size(), 1));
  return line;
}

/// Puts lines of format=flowed together.
class Paragraphs {
 public:
  explicit Paragraphs(bool delsp) : delsp_(delsp) {}

  void add(std::string_view line) {
    const auto depth = std::min(line.find_first_not_of('>'), line.size());
    line.remove_prefix(depth);
    if (line.starts_with(' ')) line.remove_prefix(1);  // RFC 3676 4.4: stuffed
    const bool is_signature_mark = line == "-- ";      // 4.3
    // 4.5: a paragraph that flows into another depth ends there all the same.
    if (open_depth_ != depth || is_signature_mark) begin(depth);
    const bool flows = line.ends_with(' ') && !is_signature_mark;
    if (flows && delsp_) line.remove_suffix(1);
    out_ += line;
    open_depth_ = flows ? std::optional(depth) : std::nullopt;
  }
  std::string finish() { return std::move(out_); }

 private:
  void begin(std::size_t depth) {
    if (!is_first_) out_ += '\n';
    is_first_ = false;
    out_.append(depth, '>');
    if (depth > 0) out_ += ' ';
  }

  bool delsp_;
  bool is_first_ = true;
  std::string out_;
  std::optional<std::size_t> open_depth_;  ///< of the paragraph that goes on in the next line
};

}  // namespace

std::string one_blank_each(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  utf8 = text::trim(utf8, kBlanks);
  while (!utf8.empty()) {
    const auto shown = utf8.substr(0, utf8.find_first_of(kBlanks));
    utf8.remove_prefix(shown.size());
    out += shown;
    const auto blanks = utf8.substr(0, utf8.find_first_not_of(kBlanks));
    utf8.remove_prefix(blanks.size());
    if (!blanks.empty()) out += blanks.find_first_of(kLineEnds) != std::string_view::npos ? '\n' : ' ';
  }
  return out;
}

std::string unflowed(std::string_view utf8, bool delsp) {
  Paragraphs paragraphs(delsp);
  while (!utf8.empty()) paragraphs.add(take_line(utf8));
  return paragraphs.finish();
}

std::string unquoted(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  while (!utf8.empty()) {
    const auto line = utf8.substr(0, utf8.find('\n'));
    const auto end = std::min(line.size() + 1, utf8.size());
    const auto mark = line.find_first_not_of(kBlanks);
    const bool is_quoted = mark != std::string_view::npos && line[mark] == '>';
    const auto text = is_quoted ? std::min(line.find_first_not_of("> \t", mark), line.size()) : 0;
    out += utf8.substr(text, end - text);
    utf8.remove_prefix(end);
  }
  return out;
}

}  // namespace pams
