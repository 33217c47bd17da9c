/// The edit of one body text: place, bytes, encoding and, where the insertion needs it, the part's label.
/// Pure; any thread. Linear.
#pragma once

#include <cstddef>
#include <string>

#include "rules/base/result.hpp"
#include "rules/disclaimer/disclaimer.hpp"
#include "rules/mime/part_label.hpp"
#include "rules/mime/splice.hpp"
#include "rules/mime/transfer.hpp"

namespace pams::disclaimer {

struct LeafEdit {
  mime::Splice content;
  mime::Label label;
  std::size_t at = 0;    ///< the decoded text is longer by `inserted` here, in the new charset
  std::string inserted;  ///< in the new charset
};

/// `read` is the part's text. Failure::Refused when it must stay as it is; the error says why.
Result<LeafEdit> edit_leaf(const MimePart& part, const mime::PartText& read, const Disclaimer& disclaimer);

}  // namespace pams::disclaimer
