/// Character references of HTML ("&eacute;", "&#233;", "&#xE9;"). Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pams {

/// Reads the reference at the front of `html` (which starts with "&") and appends what it stands for to
/// `out`, as UTF-8. Returns its length; 0, and nothing appended, when it is none that is known here (HTML 4's
/// and a few).
std::size_t decode_entity(std::string_view html, std::string& out);

void append_utf8(char32_t character, std::string& out);

}  // namespace pams
