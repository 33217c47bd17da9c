/// The message as a file for a hook's program: in memory, without a name in any directory, so that nothing
/// stays behind however the milter or the machine ends. Sealed: nobody can change it. Any thread.
#pragma once

#include "milter/base/fd.hpp"
#include "rules/base/result.hpp"
#include "rules/message/message.hpp"

namespace pams::milter::hook {

/// Open for reading, from the beginning; readable by this user only (0400). Failure::Temporary when there is
/// no room.
Result<Fd> make_message_file(const Message& message);

}  // namespace pams::milter::hook
