/// Character references of HTML ("&eacute;", "&#233;", "&#xE9;"), as the standard reads them (WHATWG
/// 13.2.5.72 to 13.2.5.80). Pure; any thread. Linear.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pams {

/// Reads the reference at the front of `html` (which starts with "&") and appends what it stands for to
/// `out`, as UTF-8. Returns its length; 0, and nothing appended, when there is none.
std::size_t decode_html_reference(std::string_view html, std::string& out);

/// `html` with its references decoded.
std::string decode_html_references(std::string_view html);

/// The same for an attribute's value: there "&copy=1" is no reference.
std::string decode_html_attribute(std::string_view value);

}  // namespace pams
