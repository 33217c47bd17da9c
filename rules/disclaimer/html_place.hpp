/// Where in an HTML text a disclaimer stands: below or above all that a browser shows, and shown itself. A
/// tag in a comment, a script or an attribute is none, and nothing goes where it would be hidden (`display:
/// none`, template, an unfinished script) or moved (a table outside its cells). Pure; any thread. Linear.
#pragma once

#include <cstddef>
#include <string_view>

#include "rules/base/result.hpp"
#include "rules/disclaimer/disclaimer.hpp"

namespace pams::disclaimer {

/// An offset in `html` that is not inside markup: before the last </body> (or </html>, or at the end; what
/// somebody added after it stays there), or after the <body> tag where no text is shown before it. `html` may
/// be in any charset that extends ASCII. Failure::Refused when there is no place, or readers differ on it;
/// the error says why.
Result<std::size_t> html_place(std::string_view html, Location location);

}  // namespace pams::disclaimer
