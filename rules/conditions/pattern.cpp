#include "rules/conditions/pattern.hpp"

#include <algorithm>

namespace pams::rules {
namespace {

class Rewriting {
 public:
  explicit Rewriting(std::string_view pattern) : rest_(pattern) {}

  std::string finish() {
    while (!rest_.empty()) {
      if (rest_.starts_with("\\Q")) {
        literals();
      } else if (rest_.front() == '[') {
        brackets();
      } else if (takes_blank()) {
        out_ += "\\s";
      } else {
        copy(rest_.front() == '\\' ? 2 : 1);
      }
    }
    return std::move(out_);
  }

 private:
  void copy(std::size_t length) {
    length = std::min(length, rest_.size());
    out_ += rest_.substr(0, length);
    rest_.remove_prefix(length);
  }

  bool takes_blank() {
    const std::size_t length = rest_.starts_with(' ') ? 1 : rest_.starts_with("\\ ") ? 2 : 0;
    rest_.remove_prefix(length);
    return length > 0;
  }

  /// "\Q...\E"
  void literals() {
    copy(2);
    while (!rest_.empty() && !rest_.starts_with("\\E")) {
      if (rest_.front() == ' ') {
        out_ += "\\E\\s\\Q";
        rest_.remove_prefix(1);
      } else {
        copy(1);
      }
    }
    copy(2);
  }

  void brackets() {
    copy(rest_.starts_with("[^") ? 2 : 1);
    copy(rest_.starts_with(']') ? 1 : 0);  // the first is no end
    while (!rest_.empty() && rest_.front() != ']') {
      if (rest_.starts_with("[:")) {
        const auto end = rest_.find(":]", 2);
        copy(end == std::string_view::npos ? 1 : end + 2);
      } else if (begins_range() || !takes_blank()) {
        copy(rest_.front() == '\\' ? 2 : 1);
      } else {
        out_ += " \\n";
      }
    }
    copy(1);
  }

  bool begins_range() const {
    const auto after = rest_.substr(rest_.starts_with("\\ ") ? 2 : 1);
    return after.starts_with('-') && !after.starts_with("-]");
  }

  std::string_view rest_;
  std::string out_;
};

}  // namespace

std::string across_lines(std::string_view pattern) { return Rewriting(pattern).finish(); }

}  // namespace pams::rules
