/// Last step before a message is released: its journal reports are durable. After the changes to the
/// message and its archive records, because those are undone when the message is deferred after all, and a
/// spooled report is not. Any thread.
///
/// Journaled is what leaves, and what rests in quarantine (the MTA's hold, from where it goes on without
/// passing here again); not what is rejected, deferred or discarded: nobody gets it.
#pragma once

#include "milter/base/receipt.hpp"
#include "milter/journal/journal_store.hpp"
#include "milter/session/services.hpp"

namespace pams::milter::session {

class Journaling {
 public:
  using Done = Receipt<Journaling>;

  /// Before anything is done about the message: could its reports leave? Fine when there are none.
  static Status prepare(const Services& services, const journal::JournalEntry& entry);
  /// Nothing to do where the entry has no mailboxes.
  static Result<Done> carry_out(const Services& services, const journal::JournalEntry& entry);
};

/// What is journaled of a message that leaves as `plan` says; without mailboxes when no rule asks for it.
/// `plan` lives as long as the entry.
journal::JournalEntry journal_entry_of(const rules::Policy& policy, const rules::Plan& plan,
                                       Envelope envelope, std::string queue_id,
                                       std::chrono::sys_seconds time);

}  // namespace pams::milter::session
