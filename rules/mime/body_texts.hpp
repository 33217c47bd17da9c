/// Chooses the body texts of a message: those that a reader sees as what the sender wrote, once for each
/// rendering. Each rendering of a multipart/alternative is one; of several texts one after the other
/// (multipart/mixed) it is the last or the first; of multipart/related its root. Pure; any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "rules/base/result.hpp"
#include "rules/message/mime_map.hpp"
#include "rules/mime/without_text.hpp"

namespace pams::mime {

enum class Side { First, Last };

enum class Outcome {
  Ready,
  Unreadable,  ///< damaged: no reader sees this text as it was meant, so the other renderings do without it
  Blocked,     ///< readers see it, and it must stay as it is
};
struct Prepared {
  Outcome outcome;
  std::string why;  ///< "" when ready
};
/// Prepares the edit of one body text. Called at most twice for a part.
using Prepare = std::function<Prepared(std::size_t part)>;

/// The parts to edit, in the order of the body; `prepare` has said Ready for each. A message whose texts are
/// damaged, or of whose renderings one could be edited and another is blocked, cannot be edited.
tl::expected<std::vector<std::size_t>, NoBodyText> choose_body_texts(const MimeMap& map, Side side,
                                                                     const Prepare& prepare);

}  // namespace pams::mime
