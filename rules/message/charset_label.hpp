/// What the label of a charset means: to those who read, and to the letter. Mail programs read many labels as
/// more than they say ("iso-8859-1" as windows-1252), by the table of the WHATWG's Encoding Standard (section
/// 4.2); what is written into a text must be right for both. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace pams {

/// Names for iconv, safe to hand to iconv_open (no "//" suffixes); "HZ", which it does not know, besides. ""
/// for what is unknown.
struct CharsetNames {
  std::string reading;  ///< what mail programs take the label for
  std::string writing;  ///< what it says, to the letter
};
CharsetNames charset_names(std::string_view label);

}  // namespace pams
