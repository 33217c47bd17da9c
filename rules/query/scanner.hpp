/// A query's bytes, from left to right. Belongs to one parse.
#pragma once

#include <string>
#include <string_view>

#include "rules/base/result.hpp"

namespace pams::query {

class Scanner {
 public:
  explicit Scanner(std::string_view asked);

  std::size_t at() const { return at_; }
  std::string_view rest() const { return std::string_view(text_).substr(at_); }
  bool is_over() const { return at_ == text_.size(); }
  bool is_at(std::string_view bytes) const { return rest().starts_with(bytes); }
  /// At a blank, a parenthesis or the end.
  bool is_at_border() const;
  void advance(std::size_t bytes) { at_ += bytes; }
  void skip_blanks();
  /// Up to the next blank, parenthesis or quote; moves there.
  std::string_view take_bare();
  /// Between quotes; `at` a quote. Moves after the closing one.
  Result<std::string_view> take_quoted();
  /// An operator's name stands next, as a word of its own. Operators are capitals (KQL).
  bool next_is(std::string_view name);
  bool take(std::string_view name);

  tl::unexpected<Error> complain(std::size_t at, const std::string& what) const;

 private:
  const std::string_view asked_;
  const std::string text_;  ///< the same places, with the blanks of all scripts as ordinary ones
  std::size_t at_ = 0;
};

}  // namespace pams::query
