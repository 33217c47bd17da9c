/// The last look at an edited message before it is handed out: whatever an edit did, the message must still
/// be the same one with the disclaimer in it. Pure; any thread. Linear; copies only decoded texts.
#pragma once

#include <cstddef>
#include <map>
#include <span>

#include "rules/base/result.hpp"
#include "rules/disclaimer/leaf_edit.hpp"
#include "rules/message/mime_map.hpp"
#include "rules/mime/splice.hpp"

namespace pams::disclaimer {

using LeafEdits = std::map<std::size_t, LeafEdit>;  ///< by part

/// Failure::Refused when a reader would find another structure, or another text than the old one with one
/// insertion, or when any byte outside `splices` differs.
Status verify(const Message& before, const MimeMap& map, const Message& after,
              std::span<const mime::Splice> splices, const LeafEdits& edits);

}  // namespace pams::disclaimer
