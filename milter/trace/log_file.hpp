/// Follows a log file through rotation: the rest of the old file is read before the new one begins, whether
/// it was renamed (logrotate, postfix logrotate) or truncated (copytruncate). After a restart it goes on
/// where it stopped, also when the file has been rotated meanwhile, as long as that is not compressed. It
/// only reads.
#pragma once

#include "milter/base/fd.hpp"
#include "milter/trace/log_source.hpp"

namespace pams::milter::trace {

class LogFile : public LogSource {
 public:
  LogFile(std::string path, const std::optional<LogPlace>& place) : path_(std::move(path)), place_(place) {}
  Result<LogBatch> read(Instant now) override;

 private:
  /// A file that may hold lines of this log.
  struct Candidate {
    std::string path;
    std::uint64_t device, inode;
    std::int64_t modified;  ///< nanoseconds
  };
  Status begin();
  Status resume();
  Status open(const std::string& path, std::uint64_t offset);
  bool is_where_it_was(int fd) const;
  std::vector<Candidate> candidates() const;
  /// The file that follows the one being read; nullopt when it is still the newest.
  std::optional<Candidate> successor() const;
  bool fill();
  void take_lines(LogBatch& batch, Instant now);
  void take_line(std::string_view line, std::size_t length, LogBatch& batch, Instant now);
  static void add_entry(std::string_view line, LogBatch& batch, Instant now);

  std::string path_;
  std::optional<LogPlace> place_;
  Fd file_;
  bool started_ = false;
  std::string unread_;  ///< bytes after place_->offset that are no whole line yet
  bool within_long_line_ = false;
  std::string missed_;
};

}  // namespace pams::milter::trace
