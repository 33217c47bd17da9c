/// The seam to an archive: durable when it says so. The embedded default is DirectoryArchive; a store on
/// other servers would stand beside it. Implementations are safe for many sessions at once.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "milter/archive/record_outcome.hpp"
#include "milter/base/receipt.hpp"
#include "rules/base/result.hpp"
#include "rules/message/envelope.hpp"
#include "rules/message/message.hpp"

namespace pams::milter::archive {

/// One delivery to be archived.
struct ArchiveRecord {
  const Message& message;  ///< as it will be sent, without the route marker
  Envelope envelope;       ///< with added recipients
  std::string queue_id;
  std::string connector;           ///< "" = the normal route
  std::vector<std::string> rules;  ///< names of the rules that matched
  std::chrono::sys_seconds time;
  const Message* received = nullptr;      ///< as it came in; nullptr: as it will be sent
  std::vector<std::string> actions = {};  ///< what the rules did: "RULE: action", in order
};

/// One try of the MTA to have a message accepted, as its log or its trace names it.
struct ArchivedTry {
  std::string queue_id = "";  ///< "": the record's last try that counts as sent
  std::string record = "";    ///< the record's id; "": the newest record of that queue id
};

class ArchiveStore {
 public:
  struct StoredRecord {
    std::string record_id;
  };
  using Stored = Receipt<ArchiveStore, StoredRecord>;

  /// A record that needs only its row: its messages are on the disk and the database has been written. When
  /// it is dropped, nothing of it can be found; what stays is at most an object that no record names. Belongs
  /// to one thread at a time; the archive lives longer.
  class Prepared {
   public:
    Prepared() = default;
    Prepared(const Prepared&) = delete;
    Prepared& operator=(const Prepared&) = delete;
    virtual ~Prepared() = default;
    /// The record's id, known before it is there.
    virtual const std::string& id() const = 0;
    /// Once. Durable when it returns a receipt. When it fails the record may be there all the same, without a
    /// promise; mark() takes it back.
    virtual Result<Stored> commit() = 0;
  };

  virtual ~ArchiveStore() = default;
  /// Everything that can fail for want of room or permission; nothing can be found yet. The messages of
  /// `record` live as long as what is returned. Failure::Temporary (disk full) or Misconfigured
  /// (permissions): nothing may be released.
  virtual Result<std::unique_ptr<Prepared>> prepare(const ArchiveRecord& record) = 0;
  /// Both steps. The same message and envelope give the same record, however often they come, whatever the
  /// MTA adds at each try; a try under another queue id is noted with the record, and so is one that follows
  /// a mark: the record then counts as sent again.
  Result<Stored> commit(const ArchiveRecord& record) {
    return prepare(record).and_then([](const std::unique_ptr<Prepared>& ready) { return ready->commit(); });
  }

  /// Says of a record that this try of it came to nothing (or, Outcome::Sent, that it did not). The record
  /// counts as sent as long as one try of it does. Durable when it returns; false: this archive has no such
  /// record. The same mark again changes nothing. Any thread.
  virtual Result<bool> mark(const ArchivedTry& attempt, RecordOutcome outcome, const std::string& reason) = 0;

 protected:
  static Stored receipt(std::string record_id) { return Stored({std::move(record_id)}); }
};

}  // namespace pams::milter::archive
