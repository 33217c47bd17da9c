/// Hands one report to the MTA's listener for reports: SMTP (RFC 5321) on loopback, null sender, one
/// recipient. Blocks, at most as long as the time limits of RFC 5321 4.5.3.2 allow. Any thread.
#pragma once

#include <string>

#include "milter/base/durable_file.hpp"

namespace pams::milter::journal {

struct Submitted {
  enum class SubmissionStatus {
    Taken,        ///< the MTA answers for it from here on
    Refused,      ///< 5xx to the recipient or the message: it will not be taken
    Later,        ///< 4xx, or the conversation broke off
    Unreachable,  ///< nobody listens, or it is not ready for anybody
  };
  SubmissionStatus outcome;
  std::string reply;  ///< the MTA's last words, or what happened instead
};

struct Submission {
  std::string listener;  ///< "127.0.0.1:895", "[::1]:895"
  std::string recipient;
  bool has_8bit = true;
  Producer content;  ///< CRLF lines; dots are doubled here
};

Submitted submit(const Submission& submission);

}  // namespace pams::milter::journal
