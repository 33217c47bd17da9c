/// One text of a message as conditions search it: in several forms, because what reads alike is written in
/// several ways. Each form is made when it is first asked for. Belongs to one session: not for several
/// threads at once.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pams {

class ReadableText {
 public:
  /// A header field's decoded value.
  static ReadableText of_field(std::string utf8) { return {std::move(utf8), false, true}; }
  /// Text of the body on its lines; they may begin with quote marks. `is_complete`: no limit has cut it.
  static ReadableText of_body(std::string utf8, bool is_complete) {
    return {std::move(utf8), true, is_complete};
  }

  const std::string& text() const { return text_; }
  bool is_complete() const { return is_complete_; }

  /// To look for words, which are folded() themselves: folded, runs of blanks as one; and the same without
  /// quote marks. A phrase may stand in either.
  const std::vector<std::string>& for_words() const;
  /// To look for patterns: as decoded; and without compatibility forms and what is invisible, runs of blanks
  /// as one; each of them without quote marks, too. A form is there only when it differs: an ASCII text
  /// without quotes is one.
  const std::vector<std::string>& for_patterns() const;

 private:
  ReadableText(std::string utf8, bool has_quotes, bool is_complete)
      : text_(std::move(utf8)), has_quotes_(has_quotes), is_complete_(is_complete) {}
  void add_with_and_without_quotes(std::string form, std::vector<std::string>& forms) const;

  std::string text_;
  bool has_quotes_, is_complete_;
  mutable std::optional<std::vector<std::string>> for_words_, for_patterns_;
};

}  // namespace pams
