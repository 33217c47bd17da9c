/// The border to libmilter's C stack: nothing thrown crosses it, and every fault inside becomes 451 with
/// the message marked, so that nothing later can release it.
#pragma once

#include <memory>

#include <libmilter/mfapi.h>

#include "milter/session/services.hpp"

namespace pams::milter::session {

/// For smfi_register.
smfiDesc milter_description();

/// What messages that begin from now on work with. Must be called before smfi_main; any thread.
void use_services(std::shared_ptr<const Services> services);

struct Counts {
  int connections = 0;  ///< now, of MTAs that have agreed with us
  long messages = 0;    ///< that came to their end since the start
};
Counts counts();

/// Returns when no message is at its end and the last answer had time to be sent: none may be cut off between
/// its archive and its release by the process's own exit.
void wait_for_messages_in_work();

}  // namespace pams::milter::session
