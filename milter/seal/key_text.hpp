/// The text of a key file. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "milter/seal/key_ring.hpp"

namespace pams::milter::seal {

/// Failure::Misconfigured with "line N: ..." or why there is no key.
Result<KeyRing> parse_keys(std::string_view content);
/// The caller wipes it.
std::string to_text(const KeyRing& ring);

}  // namespace pams::milter::seal
