/// Which parts nobody may edit, and why. Structure only; what a text says (inline PGP) is seen where it is
/// edited. Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "rules/message/mime_map.hpp"

namespace pams::mime {

/// Why this part, with everything in it, is left alone ("multipart/signed", "attachment"); nothing when it is
/// a multipart to look into or a body text.
std::optional<std::string> why_protected(const MimePart& part);

/// A text that carries a file name although nothing calls it an attachment: some mail programs show it as a
/// part of the message, others as a file.
bool is_named_text(const MimePart& part);

}  // namespace pams::mime
