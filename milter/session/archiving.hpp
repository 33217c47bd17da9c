/// Archives a message in two steps: prepare() before the MTA is asked for changes, when a full disk can still
/// defer the message unchanged, and commit() after it. Any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "milter/archive/archive_store.hpp"
#include "milter/base/receipt.hpp"
#include "milter/session/services.hpp"

namespace pams::milter::session {

class PreparedArchives;

class Archiving {
 public:
  struct ArchivedMessage {
    std::optional<std::string> record_id;  ///< in the last of its archives; nullopt: in none
  };
  using Done = Receipt<Archiving, ArchivedMessage>;

  static bool is_wanted(const rules::Plan& plan);

  /// Makes `record` ready in each archive that `plan` names, in order. The first failure ends it, and no
  /// archive has a record. The messages of `record` live as long as what is returned.
  static Result<PreparedArchives> prepare(const Services& services, const rules::Plan& plan,
                                          const archive::ArchiveRecord& record);

 private:
  friend class PreparedArchives;
  static Done done(std::optional<std::string> record_id) { return Done({std::move(record_id)}); }
};

/// One message in all its archives: recorded in each, or standing as sent in none. Dropped before commit(),
/// no archive has it; dropped after it and before settle(), by whatever fault, it is withdrawn. Belongs to
/// one thread.
class PreparedArchives {
 public:
  PreparedArchives(PreparedArchives&&) noexcept = default;
  PreparedArchives& operator=(PreparedArchives&&) = delete;
  ~PreparedArchives();
  /// Once. Commits to each archive. When one fails, what the others have is withdrawn.
  Result<Archiving::Done> commit();

  /// The message is answered 4xx although it was committed: its records are marked as deferred, with
  /// `reason`. The same message's next try clears the mark. Where that fails too, the log says so.
  void withdraw(const std::string& reason);

  /// The message is accepted: its records stay.
  void settle() noexcept { all_.clear(); }

 private:
  friend class Archiving;
  struct One {
    std::string name;
    std::shared_ptr<archive::ArchiveStore> store;
    std::unique_ptr<archive::ArchiveStore::Prepared> record;
    bool is_begun = false;  ///< its commit was tried, so that it may be there
  };
  explicit PreparedArchives(std::string queue_id) : queue_id_(std::move(queue_id)) {}
  void withdraw(const One& one, const std::string& reason) const;

  std::string queue_id_;
  std::vector<One> all_;
};

/// What an archive keeps of a message that leaves as `plan` says: the envelope with added recipients, the
/// names of the rules that matched and what they did. `received` lives as long as the record.
archive::ArchiveRecord record_of(const rules::Plan& plan, Envelope envelope, std::string queue_id,
                                 std::chrono::sys_seconds time, const Message& received);

/// The envelope as the message leaves.
Envelope with_added_recipients(const rules::Plan& plan, Envelope envelope);

std::vector<std::string> matched_rules(const rules::Plan& plan);
/// "RULE: action", in order. Names only: what an action wrote may be confidential.
std::vector<std::string> actions_done(const rules::Plan& plan);

}  // namespace pams::milter::session
