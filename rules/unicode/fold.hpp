/// Text made equal where a reader sees the same words: Unicode's NFKC_Casefold (UAX #15, Unicode 5.18.4),
/// which folds case, compatibility forms (full width, ligatures, superscripts) and canonical forms, and drops
/// Default_Ignorable_Code_Point; besides, all other format characters (general category Cf) go. Two texts are
/// compared by folding both. Pure; any thread. Linear.
#pragma once

#include <string>
#include <string_view>

namespace pams {

/// `utf8` folded. Bytes that are not UTF-8 become U+FFFD. Blanks of other scripts become U+0020; line ends
/// stay.
std::string folded(std::string_view utf8);

}  // namespace pams
