#include "rules/message/readable_text.hpp"

#include <algorithm>
#include <utility>

#include "rules/message/text_lines.hpp"
#include "rules/unicode/fold.hpp"

namespace pams {
namespace {

void add_if_new(std::vector<std::string>& forms, std::string form) {
  if (std::ranges::find(forms, form) == forms.end()) forms.push_back(std::move(form));
}

}  // namespace

void ReadableText::add_with_and_without_quotes(std::string form, std::vector<std::string>& forms) const {
  if (has_quotes_) {
    auto bare = one_blank_each(unquoted(form));
    add_if_new(forms, std::move(form));
    form = std::move(bare);
  }
  add_if_new(forms, std::move(form));
}

const std::vector<std::string>& ReadableText::for_words() const {
  if (for_words_) return *for_words_;
  std::vector<std::string> forms;
  add_with_and_without_quotes(one_blank_each(folded(text_)), forms);
  return for_words_.emplace(std::move(forms));
}

const std::vector<std::string>& ReadableText::for_patterns() const {
  if (for_patterns_) return *for_patterns_;
  std::vector<std::string> forms;
  add_with_and_without_quotes(text_, forms);
  add_with_and_without_quotes(one_blank_each(without_compatibility_forms(text_)), forms);
  return for_patterns_.emplace(std::move(forms));
}

}  // namespace pams
