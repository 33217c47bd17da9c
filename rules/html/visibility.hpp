/// Whether a tag's own attributes hide its element. Pure; any thread. Linear.
#pragma once

#include <string_view>

namespace pams {

enum class HtmlVisibility {
  Shown,
  Hidden,     ///< "display: none" or the attribute `hidden`: with all that is in it
  Uncertain,  ///< attributes that contradict each other, or `visibility`, which what is inside may undo
};

/// `inside` is what follows the name of a start tag. Styles of a style sheet are not looked at.
HtmlVisibility html_visibility(std::string_view inside);

}  // namespace pams
