#include "milter/relay/flag_finder.hpp"

#include "rules/base/text.hpp"

namespace pams::milter::relay {

bool FlagFinder::add(std::string_view bytes) {
  seen_ += bytes;
  for (auto end = seen_.find("\r\n", line_); end != std::string::npos; end = seen_.find("\r\n", line_)) {
    const auto line = std::string_view(seen_).substr(line_, end - line_);
    if (line.empty()) return true;
    is_flagged_ = is_flagged_ || is_flag(line);
    line_ = end + 2;
  }
  return false;
}

bool FlagFinder::is_flag(std::string_view line) const {
  return text::istarts_with(line, name_) && text::trim_left(line.substr(name_.size())).starts_with(':');
}

}  // namespace pams::milter::relay
