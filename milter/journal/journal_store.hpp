/// The seam to journaling: what the session asks of it, and what a test puts in its place. Any thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "milter/base/receipt.hpp"
#include "rules/base/result.hpp"
#include "rules/message/envelope.hpp"
#include "rules/message/message.hpp"

namespace pams::milter::journal {

struct JournalEntry {
  const Message& sent;  ///< as it leaves, without the route marker
  Envelope envelope;    ///< with the recipients that rules have added
  std::vector<std::string> mailboxes;
  bool is_addressing_trusted = false;
  bool is_confidential = false;  ///< the message is flagged
  std::string queue_id;
  std::chrono::sys_seconds time;
};

class JournalStore {
 public:
  struct SpooledEntry {
    std::string entry_id;  ///< of message and envelope
  };
  using Spooled = Receipt<JournalStore, SpooledEntry>;
  virtual ~JournalStore() = default;

  /// Whether reports of such a message could leave where they may. Asked before anything is done about the
  /// message.
  virtual Status prepare(const JournalEntry& entry) = 0;
  /// Durable when it returns: one report for each mailbox will be delivered. The same message and envelope
  /// again (the MTA's client tries again after a 451) makes no second report. On failure none is left.
  virtual Result<Spooled> spool(const JournalEntry& entry) = 0;

 protected:
  static Spooled receipt(std::string entry_id) { return Spooled({std::move(entry_id)}); }
};

}  // namespace pams::milter::journal
