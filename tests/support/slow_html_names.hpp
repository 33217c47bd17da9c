/// The sets of elements of WHATWG 13.2.4.2 and 13.2.6, for slow_html_*.cpp alone.
#pragma once

#include <string>
#include <string_view>

namespace pams::test {

/// Whether `names`, parted and framed by blanks, has `name`.
inline bool lists(std::string_view names, std::string_view name) {
  return names.find(" " + std::string(name) + " ") != std::string_view::npos;
}

inline constexpr std::string_view kScope = " html table td th caption object marquee ";
inline constexpr std::string_view kButtonScope = " html table td th caption object marquee button ";
inline constexpr std::string_view kListScope = " html table td th caption object marquee ol ul ";
inline constexpr std::string_view kTableScope = " html table ";
inline constexpr std::string_view kFormatting = " a b big code em font i nobr s small strike strong tt u ";
inline constexpr std::string_view kHeadings = " h1 h2 h3 h4 h5 h6 ";
inline constexpr std::string_view kVoid = " br hr img input meta link base wbr area embed ";
inline constexpr std::string_view kHead = " title style script meta link base noframes ";
inline constexpr std::string_view kBlocks =
    " address article aside blockquote center details dialog dir div dl fieldset figure footer header main nav ol "
    "pre section summary ul ";
inline constexpr std::string_view kSpecial =
    " address article aside blockquote body br button caption center col colgroup dd details dir div dl dt "
    "fieldset figure footer h1 h2 h3 h4 h5 h6 header hr html iframe img input li link main marquee meta nav "
    "noembed noframes object ol p plaintext pre script section style summary table tbody td textarea tfoot th "
    "thead title tr ul wbr xmp base area embed ";
inline constexpr std::string_view kTableParts = " caption col colgroup tbody td tfoot th thead tr ";

inline bool is_blank(const std::string& s) { return s.find_first_not_of(" \t\n\f\r") == std::string::npos; }

}  // namespace pams::test
