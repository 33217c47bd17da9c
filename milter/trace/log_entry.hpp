/// One line of the MTA's log, whatever carried it: a file or the journal. Values; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "milter/trace/message_trace.hpp"

namespace pams::milter::trace {

struct LogEntry {
  Instant time;
  std::string service;  ///< "postfix/pams/smtp"
  std::string process;  ///< process id, as text
  std::string message;  ///< what the service said
};

/// Takes a line of a log file apart: "Nov 23 18:00:00 host postfix/smtp[123]: text" (syslog and Postfix's
/// maillog_file: local time, no year) or with an RFC 3339 time (rsyslog). Nothing for lines that no Postfix
/// service wrote. `now` gives the year: the latest that is not after tomorrow. Linear; never throws.
std::optional<LogEntry> read_syslog_line(std::string_view line, Instant now);

}  // namespace pams::milter::trace
