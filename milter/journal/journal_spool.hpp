/// The directory of reports on their way to the MTA.
///
///     waiting/<id>.report   a report that the MTA has not taken yet; whole and synced under this name
///     sent/<id>             one that it has taken (empty), kept for a week
///
/// The id is the SHA-256 of message, envelope and mailbox. A message that was answered 451 after its report
/// was spooled, and comes again, finds its report waiting or sent and makes no second one: senders give up
/// after five days as a rule. What a crash leaves behind is a `.tmp`, of a message that was never accepted.
/// One process at a time; any number of its threads.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "milter/base/disk.hpp"
#include "milter/base/durable_file.hpp"
#include "milter/base/fd.hpp"

namespace pams::milter::journal {

/// What stands in front of a report in its file.
struct ReportLabel {
  std::string mailbox;
  std::string queue_id;  ///< of the message that is reported
  bool is_confidential = true;
  bool has_8bit = true;
};

class JournalSpool {
 public:
  JournalSpool(std::string path, std::shared_ptr<Disk> disk)
      : path_(std::move(path)), disk_(std::move(disk)) {}

  struct Report {
    std::string id;
    ReportLabel label;
    std::span<const std::string_view> pieces;
  };
  /// All of them durable, or none left.
  Status add(std::span<const Report> reports);
  /// Waiting, or sent within the last week.
  Result<bool> has(const std::string& id);

  bool is_sent(const std::string& id);

  struct Waiting {
    std::string id;
    std::chrono::sys_seconds since;
    bool operator==(const Waiting&) const = default;
  };
  /// The oldest first.
  Result<std::vector<Waiting>> waiting();

  struct Opened {
    ReportLabel label;
    Fd file;            ///< what is left to read is the report's second part
    std::string begin;  ///< and this its first
  };
  Result<Opened> open(const std::string& id);
  /// Hands over what open() has left to read.
  Status read(const Opened& opened, const Sink& sink);

  /// The MTA has it: marked before the report goes.
  Status mark_sent(const std::string& id);
  /// Whether a report could be added now: writes a file and removes it. One thread at a time.
  Status check();
  /// Before anything is added: makes the directories where they are missing, removes what a crash left
  /// behind.
  Status recover();
  /// What was sent a week before `now`, or earlier.
  void forget_sent(std::chrono::sys_seconds now);

 private:
  struct Directories {
    Fd root, waiting, sent;
  };
  Result<Directories> open_directories();
  Status add_to(const Directories& directories, std::span<const Report> reports,
                std::vector<std::string>& names);

  const std::string path_;
  const std::shared_ptr<Disk> disk_;
  std::atomic<unsigned> temporaries_ = 0;
};

}  // namespace pams::milter::journal
