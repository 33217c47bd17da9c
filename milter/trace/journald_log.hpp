/// Follows systemd's journal: a child `journalctl` prints what the mail facility logs, one JSON object a
/// line. When it ends, the next read starts another after the last cursor. It only reads.
#pragma once

#include <vector>

#include <sys/types.h>

#include "milter/base/fd.hpp"
#include "milter/trace/log_source.hpp"

namespace pams::milter::trace {

/// A line of `journalctl -o json`. Nothing for what no Postfix service logged; `cursor` is set all the same.
std::optional<LogEntry> read_journal_line(std::string_view line, std::string& cursor);

class JournaldLog : public LogSource {
 public:
  /// `command`: journalctl and what stands in front of the options, for tests.
  JournaldLog(std::vector<std::string> command, const std::optional<LogPlace>& place);
  JournaldLog(const JournaldLog&) = delete;
  JournaldLog& operator=(const JournaldLog&) = delete;
  ~JournaldLog() override;
  Result<LogBatch> read(Instant now) override;

 private:
  Status start();
  void stop();

  std::vector<std::string> command_;
  LogPlace place_;
  Fd output_;
  pid_t child_ = -1;
  std::string unread_;
};

}  // namespace pams::milter::trace
