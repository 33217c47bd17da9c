/// HTML as text, for conditions and for searching. Pure; any thread. Linear.
#pragma once

#include <string>
#include <string_view>

namespace pams {

/// The text of UTF-8 HTML: tags, comments, script and style dropped, references decoded, block elements on
/// lines of their own, runs of blanks as one. Never fails.
///
/// What some reader shows is in it, so it has more than a browser shows: text that is hidden by its style,
/// what Outlook shows of a conditional comment, what is inside a tag, comment or style that never ends, and
/// the other reading where it depends on the tree (svg, math, select, template, frameset) what a tag is.
std::string html_to_text(std::string_view html);

}  // namespace pams
