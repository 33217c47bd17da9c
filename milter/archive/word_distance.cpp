#include "milter/archive/word_distance.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "rules/query/words.hpp"

namespace pams::milter::archive {
namespace {

using Places = std::vector<std::size_t>;
using Text = std::vector<std::string_view>;

/// Where the phrase begins.
Places places_of(const Text& text, const Text& phrase, bool is_prefix) {
  Places places;
  for (std::size_t at = 0; at + phrase.size() <= text.size(); ++at) {
    bool is_there = true;
    for (std::size_t i = 0; i < phrase.size() && is_there; ++i)
      is_there = i + 1 == phrase.size() && is_prefix ? text[at + i].starts_with(phrase[i])
                                                     : text[at + i] == phrase[i];
    if (is_there) places.push_back(at);
  }
  return places;
}

/// Whether a place of `later` follows one of `earlier`, of `length` words, with at most `distance` words and
/// no boundary between.
bool follows(const Places& earlier, std::size_t length, const Places& later, const Places& boundaries,
             std::size_t distance) {
  return std::ranges::any_of(earlier, [&](std::size_t begin) {
    const auto end = begin + length;
    const auto next = std::ranges::lower_bound(later, end);
    if (next == later.end() || *next - end > distance) return false;
    const auto boundary = std::ranges::lower_bound(boundaries, end);
    return boundary == boundaries.end() || *boundary > *next;
  });
}

}  // namespace

bool are_near(std::string_view words, const query::Near& near) {
  const auto text = query::split_words(words);
  const auto first_words = query::words_in(near.first.text), second_words = query::words_in(near.second.text);
  const auto first = query::split_words(first_words), second = query::split_words(second_words);
  const auto firsts = places_of(text, first, near.first.is_prefix);
  const auto seconds = places_of(text, second, near.second.is_prefix);
  const auto boundaries = places_of(text, {query::kBoundary}, false);
  return follows(firsts, first.size(), seconds, boundaries, near.distance) ||
         (!near.is_ordered && follows(seconds, second.size(), firsts, boundaries, near.distance));
}

}  // namespace pams::milter::archive
