/// Patterns of an operator, made fit for text that keeps its lines. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace pams::rules {

/// The RE2 `pattern` with its blanks standing for a line end as well, outside and inside of brackets: text is
/// wrapped where its blanks are. Those that begin a range ("[ -~]") stay what they are, and so does "\x20".
std::string across_lines(std::string_view pattern);

}  // namespace pams::rules
