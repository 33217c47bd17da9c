#include "packaging/man/markup.hpp"

#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <utility>
#include <vector>

#include <re2/re2.h>

#include "rules/base/text.hpp"

namespace pams::manual {
namespace {

enum class Kind { Text, Code };

/// The character that begins at `at`, which is moved behind it. The pages and the tables are UTF-8.
std::uint32_t next_character(std::string_view text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  std::uint32_t value = first & (0x3FU >> more);
  for (int i = 0; i < more && at < text.size(); ++i)
    value = value << 6 | (static_cast<unsigned char>(text[at++]) & 0x3FU);
  return value;
}

std::string escaped(std::uint32_t character, Kind kind) {
  if (character >= 0x80) {
    char name[16];
    std::snprintf(name, sizeof name, "\\[u%04X]", static_cast<unsigned>(character));
    return name;
  }
  if (character == '\\') return "\\e";
  if (character == '^') return "\\(ha";
  if (character == '~') return "\\(ti";
  if (kind == Kind::Code && character == '-') return "\\-";
  if (kind == Kind::Code && character == '\'') return "\\(aq";
  if (kind == Kind::Code && character == '`') return "\\(ga";
  return std::string(1, static_cast<char>(character));
}

std::string escaped(std::string_view text, Kind kind) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) out += escaped(next_character(text, at), kind);
  return out;
}

/// pamsctl(1) -> bold name.
std::string with_pages(const std::string& text) {
  static const RE2 page(R"(([a-z][a-z0-9._-]*)(\([1-8]\)))");
  auto out = text;
  RE2::GlobalReplace(&out, page, R"(\\fB\1\\fR\2)");
  return out;
}

/// A line of text. A dot or an apostrophe at its beginning would be a request.
std::string inline_text(std::string_view line) {
  std::string out;
  bool is_code = true;
  for (const auto piece : text::split(line, '`')) {
    is_code = !is_code;
    out += is_code ? "\\fB" + escaped(piece, Kind::Code) + "\\fR" : with_pages(escaped(piece, Kind::Text));
  }
  if (is_code) throw std::runtime_error("a line with an odd number of backticks: " + std::string(line));
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string code_line(std::string_view line) {
  const auto out = escaped(line, Kind::Code);
  return out.starts_with('.') ? "\\&" + out : out;
}

constexpr std::string_view kCode = "    ";
constexpr std::string_view kDefinition = ": ";

class Writer {
 public:
  explicit Writer(std::string_view page) : lines_(text::split(page, '\n')) {}

  std::string run(std::string_view version) {
    write_title(version);
    for (at_ = 1; at_ < lines_.size(); ++at_) write(text::trim_right(lines_[at_]));
    return out_;
  }

 private:
  void write_title(std::string_view version) {
    static const RE2 title(R"(% (\S+) ([1-8]) (\d{4}-\d\d-\d\d))");
    std::string name, section, date;
    if (lines_.empty() || !RE2::FullMatch(std::string(lines_.front()), title, &name, &section, &date))
      throw std::runtime_error("a page begins with: % NAME SECTION DATE");
    put(".TH " + code_line(name) + " " + section + " " + date + " \"pams-milter " + std::string(version) +
        "\"");
    put(".nh\n.ad l");  // names are copied: they must not be broken
  }

  void write(std::string_view line) {
    if (line.empty()) {
      after_blank_ = true;
      return;
    }
    if (line.starts_with("# "))
      heading(".SH ", line.substr(2));
    else if (line.starts_with("## "))
      heading(".SS ", line.substr(3));
    else if (line == "@in")
      request(".RS");
    else if (line == "@out")
      request(".RE");
    else if (line.starts_with(kCode))
      write_code();
    else
      write_text(line);
    after_blank_ = false;
  }

  /// The lines to the last one that is code; blank ones between them belong to it.
  void write_code() {
    if (!fresh_) put(".PP");
    put(".RS 4\n.EX");
    auto end = at_ + 1;
    for (auto next = end; next < lines_.size(); ++next) {
      if (lines_[next].starts_with(kCode)) end = next + 1;
      if (!lines_[next].starts_with(kCode) && !lines_[next].empty()) break;
    }
    for (; at_ < end; ++at_)
      put(lines_[at_].empty() ? "" : code_line(text::trim_right(lines_[at_].substr(kCode.size()))));
    --at_;
    put(".EE\n.RE");
    fresh_ = false;
    after_code_ = true;
  }

  void write_text(std::string_view line) {
    const bool is_term = at_ + 1 < lines_.size() && lines_[at_ + 1].starts_with(kDefinition);
    const bool was_code = std::exchange(after_code_, false);
    if (is_term) {
      put(".TP");
      put(inline_text(line));
      put(inline_text(text::trim_right(lines_[++at_].substr(kDefinition.size()))));
    } else if (line.starts_with("- ")) {
      put(".IP \\(bu 2");
      put(inline_text(line.substr(2)));
    } else {
      if ((after_blank_ || was_code) && !fresh_) put(".PP");
      put(inline_text(text::trim_left(line)));
    }
    fresh_ = false;
  }

  void heading(std::string_view macro, std::string_view title) {
    request(std::string(macro) + inline_text(title));
  }
  void request(const std::string& line) {
    put(line);
    fresh_ = true;
    after_code_ = false;
  }
  void put(const std::string& line) { out_ += line + "\n"; }

  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
  std::string out_;
  bool fresh_ = true;  ///< directly after a heading: a paragraph needs no request
  bool after_blank_ = false;
  bool after_code_ = false;
};

}  // namespace

std::string to_roff(std::string_view page, std::string_view version) { return Writer(page).run(version); }

}  // namespace pams::manual
