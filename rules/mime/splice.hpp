/// Byte-exact edits: a text with some spans replaced. What stands outside the spans is copied, never parsed
/// or written anew. Pure; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "rules/base/result.hpp"
#include "rules/message/mime_map.hpp"

namespace pams::mime {

struct Splice {
  Span replaced;  ///< in the original; empty for a pure insertion
  std::string with;
};

/// `raw` with the splices applied, in one allocation of exactly the size needed. They must be in order,
/// inside `raw` and not overlap, otherwise Failure::Refused. An empty list gives `raw` byte for byte.
Result<std::string> apply_splices(std::string_view raw, std::span<const Splice> splices);

/// True when `edited` is `raw` with those splices and no other difference. Reads both once, copies nothing.
bool differs_only_by(std::string_view raw, std::string_view edited, std::span<const Splice> splices);

/// Where the byte at `offset` of the original stands in the edited text. An offset at which something was
/// inserted is answered with the place in front of the insertion (`after` false) or after it (true).
std::size_t moved_offset(std::size_t offset, bool after, std::span<const Splice> splices);

}  // namespace pams::mime
