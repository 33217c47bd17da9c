/// The socket that libmilter listens on: what libmilter does not do about it. Any thread.
#pragma once

#include <chrono>
#include <string>

#include "milter/base/unix_socket.hpp"
#include "milter/config/config.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::daemon {

/// Before libmilter opens the socket: what a killed milter left there is removed. Misconfigured, and nothing
/// was touched, when a program answers there, or when this user cannot make a socket there; with a remedy.
Status may_listen(const Listen& listen);

/// After libmilter has opened the socket. A unix socket: mode 0660 and the group of its directory, so that
/// the MTA can connect; an inet socket: TCP_NODELAY, which accepted connections inherit on Linux (libmilter
/// never sets it, and each message would wait 44 ms). Returns what is so now, for the log: "mode 0660, group
/// postfix", "TCP_NODELAY".
Result<std::string> prepare_socket(const Listen& listen);

/// Whether an MTA that connects now would be heard: says at once that it wants nothing, and waits for the
/// milter to hang up, which a worker of libmilter does. Asks nothing of the MTA's routing, so that a Postfix
/// that hangs is not the milter's fault. False when that does not happen within `timeout`.
bool is_answering(const Listen& listen, std::chrono::milliseconds timeout);

/// Removes the unix socket; nothing for inet.
void remove_socket(const Listen& listen);

}  // namespace pams::milter::daemon
