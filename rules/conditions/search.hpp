/// Exchange's two ways of looking for text. Words stand alone (bounded by anything that is no letter or
/// digit), patterns are searched for anywhere; both ignore case and see decoded text, never the bytes on the
/// wire. RE2: linear in the text whatever the pattern; memory is bounded. Immutable; any thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/conditions/condition.hpp"

namespace re2 {
class RE2;
}

namespace pams::rules {

class Search {
 public:
  /// A word may be a phrase; between its words any run of blanks may stand. `*` is a star.
  static Result<Search> for_words(std::span<const std::string> words);
  static Result<Search> for_patterns(std::span<const std::string> patterns);

  Finding in_header(const Mail& mail, std::string_view name) const;
  Finding in_subject(const Mail& mail) const;
  /// Fails when the body cannot be read (limits): a rule processing error.
  Result<Finding> in_subject_or_body(const Mail& mail) const;

 private:
  /// The text that was found.
  std::optional<std::string_view> find(std::string_view utf8) const;

  std::vector<std::shared_ptr<const re2::RE2>> patterns_;
  int group_ = 0;  ///< which group of a pattern is the text that was found
};

/// An error when no header field can have that name.
Status check_header_name(std::string_view name);

}  // namespace pams::rules
