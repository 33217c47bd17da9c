/// Which seal keys may go. Pure; any thread.
#pragma once

#include <chrono>
#include <set>
#include <string>

#include "milter/seal/key_ring.hpp"

namespace pams::milter::seal {

/// A key that another has followed may still be in use for so long: by a milter that has not read the file
/// again, for a message that is not in the queue yet.
inline constexpr std::chrono::hours kUsableAfterRotation{24};

/// `ring` without the keys that another has followed for a day and that nothing that waits names.
KeyRing without_old_keys(const KeyRing& ring, const std::set<std::string>& in_use,
                         std::chrono::sys_seconds now);

}  // namespace pams::milter::seal
