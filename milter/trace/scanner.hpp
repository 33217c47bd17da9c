/// Reads text from its front, piece by piece; every step either fits or fails, so that a line is understood
/// only as a whole. Views into the text. Linear.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

namespace pams::milter::trace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::string_view rest() const { return text_; }
  bool at_end() const { return text_.empty(); }

  bool skip(std::string_view literal) {
    if (!text_.starts_with(literal)) return false;
    text_.remove_prefix(literal.size());
    return true;
  }
  /// Everything before `end`, which is skipped too.
  std::optional<std::string_view> until(std::string_view end) {
    const auto at = text_.find(end);
    if (at == std::string_view::npos) return std::nullopt;
    const auto piece = text_.substr(0, at);
    text_.remove_prefix(at + end.size());
    return piece;
  }
  /// As many characters as `belongs` takes; at least one.
  template <class Belongs>
  std::optional<std::string_view> some(Belongs belongs) {
    const auto* const end = std::ranges::find_if_not(text_, belongs);
    const auto length = static_cast<std::size_t>(end - text_.begin());
    if (length == 0) return std::nullopt;
    const auto piece = text_.substr(0, length);
    text_.remove_prefix(length);
    return piece;
  }
  /// Exactly `digits` decimal digits.
  std::optional<int> number(std::size_t digits) {
    if (text_.size() < digits) return std::nullopt;
    int value = 0;
    for (const char c : text_.substr(0, digits)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(digits);
    return value;
  }

 private:
  std::string_view text_;
};

}  // namespace pams::milter::trace
