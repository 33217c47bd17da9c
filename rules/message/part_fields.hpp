/// What a part's own header fields say about it. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/message/mime_map.hpp"

namespace pams {

/// Fills type, charset, boundary, encoding, disposition, filename and so on from `part.fields`, and
/// `part.defect` where they contradict each other or cannot be read. Returns why readers may disagree about
/// the structure, if they may.
std::optional<std::string> read_part_fields(MimePart& part, std::string_view default_type);

/// 7bit, 8bit, binary, or no encoding at all: the bytes are the content.
bool is_identity_encoding(std::string_view encoding);

}  // namespace pams
