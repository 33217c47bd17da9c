/// UTF-8 as RFC 3629 has it. Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace pams {

/// Length of the well-formed UTF-8 sequence (no surrogates, no overlong forms) at the front of `bytes`; 0
/// when there is none.
std::size_t utf8_length(std::string_view bytes);

}  // namespace pams
