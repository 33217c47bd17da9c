/// What standard output leads to.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pams::milter::ctl::output {

/// Whether standard output was a terminal when the program began: a pager counts as one.
bool is_terminal();
/// Columns of the terminal; nullopt when it is none.
std::optional<std::size_t> terminal_width();

enum class Colour { None, Green, Yellow, Red };
/// `text` in `colour` on a terminal; as it is elsewhere, with NO_COLOR (no-color.org), or on a dumb terminal.
std::string coloured(std::string_view text, Colour colour);

}  // namespace pams::milter::ctl::output
