/// Changes what a part says about itself: its charset and its transfer encoding, and nothing else of its
/// fields. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/mime/splice.hpp"

namespace pams::mime {

struct Label {
  std::string charset;   ///< "" when it stays
  std::string encoding;  ///< "" when it stays
  bool is_empty() const { return charset.empty() && encoding.empty(); }
};

/// A raw Content-Type value with another charset: every other byte, folds and comments too, stays. Nothing
/// when the charset is given in pieces (RFC 2231) or the value cannot be read.
std::optional<std::string> with_charset(std::string_view content_type, std::string_view charset);

/// For the root part, whose fields are the message's. Fields that are missing are added at the end, with
/// MIME-Version when that is missing too.
Status relabel(Headers& message_headers, const Label& label);

/// For a part inside the body: the edits of its header.
Result<std::vector<Splice>> relabel(std::string_view body, const MimePart& part, const Label& label);

}  // namespace pams::mime
