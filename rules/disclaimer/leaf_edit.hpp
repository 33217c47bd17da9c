/// The edit of one body text: place, bytes, encoding and, where the insertion needs it, the part's label.
/// Pure; any thread. Linear.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "rules/base/result.hpp"
#include "rules/disclaimer/disclaimer.hpp"
#include "rules/mime/part_label.hpp"
#include "rules/mime/splice.hpp"

namespace pams::disclaimer {

struct LeafEdit {
  mime::Splice content;
  mime::Label label;
  std::size_t at = 0;    ///< the decoded text is longer by `inserted` here, in the new charset
  std::string inserted;  ///< in the new charset
};

/// Failure::Refused when this text is not one that can be edited safely; the text says why.
Result<LeafEdit> edit_leaf(const MimePart& part, std::string_view body, const Disclaimer& disclaimer);

}  // namespace pams::disclaimer
