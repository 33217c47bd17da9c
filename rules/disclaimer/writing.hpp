/// In which bytes an insertion is written into a part: in the part's own charset, as ASCII that means the
/// same, or in UTF-8 with the part moved there. Pure; any thread. Linear.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/base/result.hpp"
#include "rules/disclaimer/layout.hpp"
#include "rules/message/mime_map.hpp"

namespace pams::disclaimer {

struct Writing {
  std::string bytes;                 ///< the insertion
  std::string charset;               ///< the part's new charset; "" when it stays
  std::optional<std::string> moved;  ///< the part's text in the new charset, where its bytes differ there
};

/// `text` is the part's decoded content, `insertion` what goes into it. Failure::Refused when no bytes are
/// right in it: bytes below 80 are not ASCII in every text, whatever its label says (seven_bit.hpp).
Result<Writing> write_insertion(const MimePart& part, std::string_view text, const Insertion& insertion);

}  // namespace pams::disclaimer
