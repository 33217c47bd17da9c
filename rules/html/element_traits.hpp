/// What the standard's tree construction (WHATWG 13.2.4.2, 13.2.6.4) distinguishes elements by. Pure; any
/// thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace pams {

enum HtmlTrait : std::uint32_t {
  kSpecial = 1U << 0U,  ///< stops an end tag that has no rule of its own
  kBarrier = 1U << 1U,  ///< ends every scope: an end tag of a block does not reach beyond
  kList = 1U << 2U,     ///< ends the scope of li
  kFormatting =
      1U << 3U,           ///< b, font...: closed by the adoption agency, opened again where they were cut off
  kVoid = 1U << 4U,       ///< has no content
  kRaw = 1U << 5U,        ///< has content that the scanner reads to its end
  kClosesP = 1U << 6U,    ///< its start tag closes an open p
  kBlockEnd = 1U << 7U,   ///< its end tag closes all that is open in it
  kTablePart = 1U << 8U,  ///< caption, colgroup, col, tbody, tfoot, thead, tr, td, th
  kBreaksOut = 1U << 9U,  ///< its start tag ends svg and math
  kItem = 1U << 10U,      ///< li, dd, dt
  kHeading = 1U << 11U,   ///< h1 to h6
  kIgnored = 1U << 12U,   ///< html, head, body: tags open and close nothing
};

/// The traits of the element `name`, in lower case; 0 for one that has no rule of its own.
std::uint32_t html_traits(std::string_view name);

}  // namespace pams
