/// In which bytes an insertion is written into a part: in the part's own charset, as ASCII that means the
/// same, or in UTF-8 with the part moved there. Pure; any thread. Linear.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/base/result.hpp"
#include "rules/message/mime_map.hpp"

namespace pams::disclaimer {

struct Writing {
  std::string bytes;                 ///< the insertion
  std::string charset;               ///< the part's new charset; "" when it stays
  std::optional<std::string> moved;  ///< the part's text in the new charset, where its bytes differ there
};

/// `text` is the part's decoded content. Failure::Refused when no bytes are right in it.
Result<Writing> write_insertion(const MimePart& part, std::string_view text, std::string_view utf8);

/// False when `text` up to `at` has left ISO-2022-JP's ASCII state.
bool is_in_ascii_state(std::string_view text, std::size_t at);

}  // namespace pams::disclaimer
