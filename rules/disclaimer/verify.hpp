/// The last look at an edited message before it is handed out: whatever an edit did, the message must still
/// be the same one with the disclaimer in it. Pure; any thread. Linear; copies only decoded texts.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "rules/base/result.hpp"
#include "rules/disclaimer/disclaimer.hpp"
#include "rules/disclaimer/leaf_edit.hpp"
#include "rules/message/mime_map.hpp"
#include "rules/mime/splice.hpp"

namespace pams::disclaimer {

using LeafEdits = std::map<std::size_t, LeafEdit>;  ///< by part

/// Failure::Refused when a reader would find another structure, or another text than the old one with one
/// insertion, or when any byte outside `splices` differs.
Status verify(const Message& before, const MimeMap& map, const Message& after,
              std::span<const mime::Splice> splices, const LeafEdits& edits);

/// The disclaimer as a part of its own, a multipart/alternative of two texts.
struct Addition {
  std::vector<mime::Splice> splices;
  std::size_t first_part;  ///< the number of the first new part in the new message
  std::size_t shift;       ///< how far the old parts stand further back in the body
  bool is_root_moved;      ///< the old root is a part of a new one now
};

struct MappedMessage {
  const Message& message;
  const MimeMap& map;
};

/// Failure::Refused when a reader would not find every old part as it was and the disclaimer beside them, or
/// more than `limits` allow.
Status verify_addition(const MappedMessage& before, const Message& after, const Addition& addition,
                       const Disclaimer& disclaimer, const MimeLimits& limits);

}  // namespace pams::disclaimer
