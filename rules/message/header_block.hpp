/// Reading a block of header fields, of a message or of a part, as an MTA does. Pure; any thread. Linear.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "rules/message/header.hpp"

namespace pams {

/// One line of `bytes` from `begin`: ends at LF; a CR right before it belongs to the line break.
struct Line {
  std::size_t begin = 0;
  std::size_t end = 0;   ///< without the line break
  std::size_t next = 0;  ///< where the next line begins
  std::string_view text(std::string_view bytes) const { return bytes.substr(begin, end - begin); }
};
Line line_at(std::string_view bytes, std::size_t begin);

/// "Name:" (blanks before the colon are tolerated, as MTAs do).
bool is_field_line(std::string_view line);

struct HeaderBlock {
  std::vector<HeaderField> fields;
  std::size_t end = 0;   ///< after the last field
  std::size_t body = 0;  ///< after the blank line; equals `end` when there is none
};

/// The fields at the front of `bytes`: up to a blank line, or the first line that is neither a field nor the
/// continuation of one.
HeaderBlock read_header_block(std::string_view bytes);

}  // namespace pams
