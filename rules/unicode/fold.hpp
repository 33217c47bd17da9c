/// Text made equal where a reader sees the same: forms of UAX #15 without what is invisible, which is
/// Default_Ignorable_Code_Point, all other format characters (general category Cf), and control characters
/// that are no blanks. Two texts are compared by bringing both into one form. Bytes that are not UTF-8 become
/// U+FFFD. Blanks of other scripts become U+0020; line ends stay. Pure; any thread. Linear.
#pragma once

#include <string>
#include <string_view>

namespace pams {

/// For comparing words: NFKC_Casefold (Unicode 5.18.4), which folds case, compatibility forms (full width,
/// ligatures, superscripts) and canonical forms.
std::string folded(std::string_view utf8);

/// For searching with patterns, which have their own ways with case: NFKC, case as written.
std::string without_compatibility_forms(std::string_view utf8);

/// NFC alone: nothing is left out.
std::string composed(std::string_view utf8);

}  // namespace pams
