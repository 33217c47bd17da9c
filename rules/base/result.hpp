/// Result<T>: a value, or the Error that says why there is none and who must act.
///
/// Read it with `.value()`: on the wrong side that throws, and at the milter border anything
/// thrown becomes 451. Use `*result` only after a check. Any thread.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace pams {

/// Who must act. The SMTP reply is chosen from this alone (milter/session/reply.cpp), never from the text.
enum class Failure {
  Temporary,      ///< nobody: disk full, MTA unreachable; the sender's MTA tries again    -> 451 4.3.0
  Refused,        ///< the sender: this message can never pass                             -> 550 5.7.1
  Misconfigured,  ///< the postmaster: a rule, a file, a permission                        -> 451 4.3.5
};

struct Error {
  Failure failure;
  std::string what;  ///< for the log; never sent to the SMTP client
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(Failure failure, std::string what) {
  return tl::unexpected<Error>(Error{failure, std::move(what)});
}

}  // namespace pams
