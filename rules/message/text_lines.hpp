/// The lines of a text as its readers see them. UTF-8 in, UTF-8 out; Pure; any thread. Linear.
#pragma once

#include <string>
#include <string_view>

namespace pams {

/// Runs of ASCII blanks as one: a line end when there is one in the run, otherwise a blank. None at the
/// beginning and at the end.
std::string one_blank_each(std::string_view utf8);

/// The paragraphs of format=flowed, each on one line (RFC 3676 section 4): quote marks first, "> " or ">> "
/// and so on. `delsp`: the blank before a soft line end goes, too.
std::string unflowed(std::string_view utf8, bool delsp);

/// Without the quote marks at the beginnings of lines, whatever their depth: "> > text", ">>text".
std::string unquoted(std::string_view utf8);

}  // namespace pams
