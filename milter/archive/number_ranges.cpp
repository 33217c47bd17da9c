#include "milter/archive/number_ranges.hpp"

#include <algorithm>
#include <charconv>

#include "rules/base/text.hpp"

namespace pams::milter::archive {
namespace {

std::int64_t number_in(std::string_view text) {
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : -1;
}

}  // namespace

void NumberRanges::add(std::int64_t number) {
  if (!ranges_.empty() && ranges_.back().second + 1 == number)
    ranges_.back().second = number;
  else
    ranges_.emplace_back(number, number);
}

void NumberRanges::add_all(std::string_view text) {
  for (const auto piece : text::split(text, ',')) {
    const auto dash = piece.find('-');
    const auto first = number_in(piece.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number_in(piece.substr(dash + 1));
    if (first >= 0 && last >= first) ranges_.emplace_back(first, last);
  }
  std::ranges::sort(ranges_);
}

bool NumberRanges::contains(std::int64_t number) const {
  const auto after =
      std::ranges::upper_bound(ranges_, number, {}, [](const auto& range) { return range.first; });
  return after != ranges_.begin() && std::prev(after)->second >= number;
}

std::string NumberRanges::text() const {
  std::string text;
  for (const auto& [first, last] : ranges_) {
    if (!text.empty()) text += ',';
    text += std::to_string(first);
    if (last > first) text += "-" + std::to_string(last);
  }
  return text;
}

}  // namespace pams::milter::archive
