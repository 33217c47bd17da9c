/// The socket that libmilter listens on: what libmilter does not do about it. One thread.
#pragma once

#include <string>

#include "milter/base/unix_socket.hpp"
#include "milter/config/config.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::daemon {

/// After libmilter has opened the socket. A unix socket: mode 0660 and the group of its directory, so that
/// the MTA can connect; an inet socket: TCP_NODELAY, which accepted connections inherit on Linux (libmilter
/// never sets it, and each message would wait 44 ms). Returns what is so now, for the log: "mode 0660, group
/// postfix", "TCP_NODELAY".
Result<std::string> prepare_socket(const Listen& listen);

/// Connects and hangs up, so that libmilter's listener comes back from waiting.
void wake_listener(const Listen& listen);

/// Removes the unix socket; nothing for inet.
void remove_socket(const Listen& listen);

}  // namespace pams::milter::daemon
