/// A unix socket at which this process listens. Any thread.
#pragma once

#include <string>

#include <sys/socket.h>

#include "rules/base/result.hpp"

namespace pams::milter {

/// Removes what a killed process left at a unix socket's path; nothing for "". Misconfigured when a program
/// still answers there, or when something else than a socket stands there: that is never removed.
Status clear_stale_socket(const std::string& path, int type = SOCK_STREAM);

/// Mode 0660 and the group of the socket's directory, so that the MTA can connect. Returns what is so now,
/// for the log: "mode 0660, group postfix".
Result<std::string> share_unix_socket(const std::string& path);

/// Connects and hangs up. 0, or the error; a path that is too long for a socket address is one.
int try_to_connect(const std::string& path, int type = SOCK_STREAM);

}  // namespace pams::milter
