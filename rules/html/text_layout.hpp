/// Lays out the text of HTML: runs of blanks become one, line breaks come from elements (CSS white-space:
/// normal), and in pre and its like from line ends, too (pre-line). Linear.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace pams {

class TextLayout {
 public:
  void text(std::string_view html);  ///< with character references
  void literal(std::string_view utf8);
  void tag(std::string_view name, bool is_end);
  void line();
  std::string finish() { return std::move(out_); }

 private:
  void put_all(std::string_view s, bool has_references);
  void put(std::string_view visible);
  void blank(char c);

  std::string out_;
  bool has_blank_ = false;
  std::size_t keeping_lines_ = 0;  ///< open elements that keep line ends
  std::size_t lines_ = 0;          ///< line breaks due before the next visible character
};

}  // namespace pams
