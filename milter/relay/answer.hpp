/// What the MTA is told about one recipient. Values; any thread.
#pragma once

#include <string>
#include <string_view>

#include "milter/smart_host/smtp_connection.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::relay {

struct Answer {
  int code = 451;
  std::string status;  ///< "4.3.0", of the code's class
  std::string text;
  bool is_success() const { return code / 100 == 2; }
  bool is_final() const { return code / 100 != 4; }
  /// One line without CRLF, ASCII, short enough for any MTA.
  std::string line() const;
};

/// Everything that the other server said, on one line: "250 2.0.0 Ok: queued as 123".
std::string whole_text(const smart_host::SmtpReply& reply);

/// What `host` said, passed on. What is no word about this message is a temporary failure: neither yes nor no
/// (3xx), 421, and a demand for another conversation (503, STARTTLS or AUTH first: 53x).
Answer passed_on(const std::string& host, const smart_host::SmtpReply& reply);

}  // namespace pams::milter::relay
