#include "rules/schema/excess.hpp"

#include <algorithm>

namespace pams::schema {
namespace {

/// However brackets and quotes are mixed, no parser can be led deeper than this.
constexpr std::size_t kMaxRawNesting = 5000;

std::size_t raw_nesting(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
    if ((c == ']' || c == '}') && depth > 0) --depth;
  }
  return deepest;
}

/// The end of a string on one line, which begins at `at`: after its quote, or at the line's end.
std::size_t end_of_line_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (++at; at < text.size() && text[at] != '\n'; ++at) {
    if (text[at] == quote) return at + 1;
    if (quote == '"' && text[at] == '\\' && at + 1 < text.size() && text[at + 1] != '\n') ++at;
  }
  return at;
}

/// The end of a string in three quotes. TOML 1.0: one or two more quotes in front of them are the string's.
std::size_t end_of_long_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string three(3, quote);
  for (at += 3; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text.substr(at, 3) == three) {
      at += 3;
      for (int more = 0; more < 2 && at < text.size() && text[at] == quote; ++more) ++at;
      return at;
    }
  }
  return text.size();
}

std::size_t end_of_string(std::string_view text, std::size_t at) {
  const bool is_long = text.substr(at, 3) == std::string(3, text[at]);
  return is_long ? end_of_long_string(text, at) : end_of_line_string(text, at);
}

/// How deep the text is at one place, and how many parts the key there has by now.
struct Depth {
  std::size_t brackets = 0;
  std::size_t dots = 0;

  void take(char c) {
    if (c == '.') {
      ++dots;
    } else if (c == '[' || c == '{') {
      ++brackets;
      dots = 0;
    } else if (c == ']' || c == '}') {
      brackets -= brackets > 0 ? 1U : 0U;
      dots = 0;
    } else if (c == '\n' || c == '=' || c == ',') {
      dots = 0;
    }
  }
};

}  // namespace

std::optional<Excess> find_excess(std::string_view text) {
  if (raw_nesting(text) > kMaxRawNesting) return Excess{0, "the file is nested too deeply"};
  Depth depth;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"' || text[at] == '\'') {
      at = end_of_string(text, at);
    } else if (text[at] == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else {
      depth.take(text[at]);
      if (depth.brackets > kMaxNesting)
        return Excess{at, "nested too deeply: more than " + std::to_string(kMaxNesting) + " brackets"};
      if (depth.dots >= kMaxKeyParts)
        return Excess{at, "a key has more than " + std::to_string(kMaxKeyParts) + " parts"};
      ++at;
    }
  }
  return std::nullopt;
}

}  // namespace pams::schema
