/// Where in an HTML text a disclaimer stands: before the last real </body> or after the <body> tag; a tag in
/// a comment, a script or an attribute is none. Pure; any thread. Linear.
#pragma once

#include <cstddef>
#include <string_view>

#include "rules/disclaimer/disclaimer.hpp"

namespace pams::disclaimer {

/// An offset in `html` that is not inside markup. `html` may be in any charset that extends ASCII.
std::size_t html_place(std::string_view html, Location location);

}  // namespace pams::disclaimer
