/// The text of a manual page -> man(7), so that nobody writes roff by hand and every character is escaped in
/// one place. A page begins with `% NAME SECTION DATE`. Then, by lines:
///
///     # SECTION                 ## Subsection
///     text                      a paragraph, to the next blank line
///     - text                    an item; its next lines are indented by two blanks
///     term                      and, directly below, `: text`: a definition
///         code                  four blanks: as it stands
///     @in, @out                 what stands between them is indented
///
/// In a text `code` is bold, and so is what looks like a page, pamsctl(1). Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace pams::manual {

/// `version`: "0.1.0". Throws std::runtime_error when the first line is not as above.
std::string to_roff(std::string_view page, std::string_view version);

}  // namespace pams::manual
