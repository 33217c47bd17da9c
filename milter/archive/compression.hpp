/// zstd, in pieces: memory is bounded whatever the size. Any thread.
#pragma once

#include <span>
#include <string_view>

#include "milter/base/durable_file.hpp"

namespace pams::milter::archive {

/// One zstd frame (with its length in front, when zstd is asked) that holds `pieces`, to `sink`. The failures
/// are the sink's.
Status compress(std::span<const std::string_view> pieces, const Sink& sink);

/// Undoes it. `stored` gives the compressed bytes. Failure::Misconfigured for bytes that are no whole frame.
Status decompress(const Producer& stored, const Sink& sink);

}  // namespace pams::milter::archive
