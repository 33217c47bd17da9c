/// Whether a text holds another, as a promise about what is told.
#pragma once

#include <string_view>

namespace pams::test {

inline bool has(std::string_view text, std::string_view piece) {
  return text.find(piece) != std::string_view::npos;
}

}  // namespace pams::test
