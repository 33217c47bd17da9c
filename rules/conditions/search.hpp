/// Exchange's two ways of looking for text. Words stand alone (bounded by anything that is no letter, digit
/// or combining mark) and are compared folded; patterns are searched for anywhere, in the text as decoded and
/// without what only looks the same. Both ignore case and never see the bytes on the wire; in which forms of
/// a text they are searched for is ReadableText's. RE2: linear in the text whatever the pattern; memory is
/// bounded. Immutable; any thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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
  /// RE2's syntax; a blank stands for a line end as well (across_lines).
  static Result<Search> for_patterns(std::span<const std::string> patterns);

  Finding in_header(const Mail& mail, std::string_view name) const;
  Finding in_subject(const Mail& mail) const;
  /// Fails when the body cannot be read (limits): a rule processing error.
  Result<Finding> in_subject_or_body(const Mail& mail) const;

 private:
  enum class Kind { Words, Patterns };
  Search(Kind kind, std::vector<std::shared_ptr<const re2::RE2>> patterns)
      : kind_(kind), patterns_(std::move(patterns)) {}
  /// What was found, in one of the forms of `text`.
  std::optional<std::string_view> find(const ReadableText& text) const;

  Kind kind_;
  std::vector<std::shared_ptr<const re2::RE2>> patterns_;
};

/// An error when no header field can have that name.
Status check_header_name(std::string_view name);

}  // namespace pams::rules
