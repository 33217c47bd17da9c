#include "rules/base/text.hpp"

#include <numeric>
#include <utility>

#include "rules/base/utf8.hpp"

namespace pams::text {

std::string join(std::span<const std::string> words, std::string_view between) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += between;
    out += word;
  }
  return out;
}

std::vector<std::string_view> split(std::string_view s, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const auto at = s.find(separator);
    pieces.push_back(s.substr(0, at));
    if (at == std::string_view::npos) return pieces;
    s.remove_prefix(at + 1);
  }
}

std::string replace_all(std::string_view s, std::string_view from, std::string_view to) {
  std::string out;
  for (auto at = s.find(from); at != std::string_view::npos; at = s.find(from)) {
    out.append(s.substr(0, at)).append(to);
    s.remove_prefix(at + from.size());
  }
  return out.append(s);
}

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto substituted = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substituted}));
    }
  }
  return row.back();
}

bool is_harmless(std::string_view character) {
  if (character.size() == 1) return character[0] >= ' ' && character[0] != 0x7F;
  if (character[0] == '\xC2') return static_cast<unsigned char>(character[1]) >= 0xA0;  // C1 controls
  // U+200B-200F, U+2028-202E (E2 80 8B..AE), U+2066-2069 (E2 81 A6..A9): invisible or re-ordering
  if (character.starts_with("\xE2\x80")) {
    const auto last = static_cast<unsigned char>(character[2]);
    return !((last >= 0x8B && last <= 0x8F) || (last >= 0xA8 && last <= 0xAE));
  }
  return !(character.starts_with("\xE2\x81") && static_cast<unsigned char>(character[2]) >= 0xA6 &&
           static_cast<unsigned char>(character[2]) <= 0xA9);
}

}  // namespace

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  constexpr std::size_t kLongestWord =
      100;  // nothing has a longer name, and the distance costs its length squared
  if (word.size() > kLongestWord) return "";
  std::string best;
  std::size_t least = word.size() > 8 ? 4 : 3;
  for (const auto& candidate : candidates) {
    const auto distance = edit_distance(word, candidate);
    if (distance >= least || distance >= word.size()) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

std::string printable(std::string_view s, std::size_t maximum) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  while (!s.empty()) {
    if (out.size() >= maximum) return out += "...";
    const auto length = utf8_length(s);
    const auto character = s.substr(0, std::max<std::size_t>(length, 1));
    if (length > 0 && is_harmless(character)) {
      out += character;
    } else {
      for (const char c : character) {
        const auto byte = static_cast<unsigned char>(c);
        out += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 15U]};
      }
    }
    s.remove_prefix(character.size());
  }
  return out;
}

}  // namespace pams::text
