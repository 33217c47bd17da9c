/// Where the MTA reaches the relay: the socket that systemd gives, or one of its own.
#pragma once

#include <string>

#include "milter/base/fd.hpp"
#include "milter/config/config.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::relay {

struct Listener {
  Fd socket;
  std::string how;   ///< for the log: "mode 0660, group postfix", "TCP_NODELAY", "from systemd"
  std::string path;  ///< to be removed at the end; "" when it is not ours
};

/// A socket that systemd gave (LISTEN_PID, LISTEN_FDS) goes before `listen`. Otherwise a unix socket with
/// mode 0660 and the group of its directory, in place of what a killed relay left; or a port, with
/// TCP_NODELAY. Misconfigured with the reason. Once per process.
Result<Listener> open_listener(const Listen& listen);

}  // namespace pams::milter::relay
