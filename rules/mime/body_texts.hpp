/// Chooses the body texts of a message: those that a reader sees as what the sender wrote, once for each
/// rendering. Each rendering of a multipart/alternative is one; of several texts one after the other
/// (multipart/mixed) it is the last or the first; of multipart/related its root. Pure; any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "rules/base/result.hpp"
#include "rules/message/mime_map.hpp"

namespace pams::mime {

enum class Side { First, Last };

/// Prepares the edit of one body text; the error says why it cannot be edited. Called at most twice for a
/// part.
using Prepare = std::function<Status(std::size_t part)>;

/// The parts to edit, in the order of the body; `prepare` has succeeded for each. Failure::Refused with the
/// reason when there is none, or when one rendering of the same text could be edited and another not.
Result<std::vector<std::size_t>> choose_body_texts(const MimeMap& map, Side side, const Prepare& prepare);

}  // namespace pams::mime
