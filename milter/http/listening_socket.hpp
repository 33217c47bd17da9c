/// A socket to listen at, while other threads work: a umask, which is the whole process', is left alone.
#pragma once

#include "milter/base/fd.hpp"
#include "milter/config/config.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::http {

/// An address, or a unix socket with mode 0660 in place of what a killed process left. Not blocking.
/// Misconfigured with the reason.
Result<Fd> listening_socket(const Listen& listen);

}  // namespace pams::milter::http
