/// The archive's rows: `archive.db`, SQLite in WAL mode with synchronous=FULL. Every entry (a record, an
/// audit row, an outcome) has a row in `chain`, whose hash covers the entry's fields and everything in front
/// of it. A purge deletes the record with its outcomes and leaves their chain rows, so the chain stays
/// provable. Belongs to one thread; several connections and processes may work at once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "milter/archive/chain_head.hpp"
#include "milter/archive/record.hpp"
#include "milter/archive/record_outcome.hpp"
#include "milter/base/sqlite.hpp"

namespace pams::milter::archive {

class ArchiveDatabase {
 public:
  /// ReadWrite makes file and tables when they are missing, and brings those of an older version up to date.
  /// Misconfigured when a newer version has written them: nothing is changed then.
  static Result<ArchiveDatabase> open(const std::string& archive, sqlite::Access access);

  Result<Tip> tip();
  /// The chain's hash at an entry; nullopt when there is none.
  Result<std::optional<std::string>> hash_at(std::int64_t number);
  Result<std::optional<Checkpoint>> last_checkpoint();

  /// After `tip`, which moves on; sets `row.number`. Only inside transaction().
  Status append(Tip& tip, RecordRow& row);
  Status append(Tip& tip, AuditRow& row);
  Status append(Tip& tip, OutcomeRow& row);
  Status append(const Checkpoint& checkpoint);
  /// The record and its outcomes; leaves the chain rows. Only inside transaction().
  Status erase(std::int64_t number);
  /// Writes something without changing anything: whether it could. Only inside transaction().
  Status touch();

  Result<std::optional<RecordRow>> record_of(const std::string& id);
  /// The newest record with a try of this queue id.
  Result<std::optional<RecordRow>> newest_of_queue_id(const std::string& queue_id);
  /// What was learnt of a record after its first try, in order.
  Result<std::vector<OutcomeRow>> outcomes_of(std::int64_t record);
  Result<Fate> fate_of(const RecordRow& row);
  Result<std::optional<RecordRow>> record(std::int64_t number);
  Result<std::optional<OutcomeRow>> outcome(std::int64_t number);
  /// Whose id begins so; 10 at most.
  Result<std::vector<RecordRow>> records_like(const std::string& id_prefix);
  /// From the one after `after`, in order, until `visit` returns false.
  Status each_record(std::int64_t after, const std::function<bool(const RecordRow&)>& visit);
  Status each_audit(const std::function<bool(const AuditRow&)>& visit);
  Status each_checkpoint(const std::function<bool(const Checkpoint&)>& visit);
  Result<bool> names_object(const std::string& object);

  Status transaction(const std::function<Status()>& work) { return sql_.transaction(work); }
  sqlite::Database& sql() { return sql_; }

 private:
  explicit ArchiveDatabase(sqlite::Database sql) : sql_(std::move(sql)) {}
  Status append(Tip& tip, const std::string& digest);
  Status prepare_reading();
  Result<std::optional<RecordRow>> first_record(std::string_view condition, const sqlite::In& value);

  sqlite::Database sql_;
};

/// A row of `SELECT <kRecordColumns> FROM record`.
inline constexpr const char* kRecordColumns =
    "number, id, time, message_id, queue_id, sender, recipients, subject, size, rules, actions, connector, sent, received";
RecordRow record_in(const sqlite::Row& row);
AuditRow audit_in(const sqlite::Row& row);  ///< number, time, kind, details

/// What root makes in an archive belongs to whom the directory belongs to: the milter must be able to use it.
void give_to_owner(const std::string& archive, const std::string& name);

}  // namespace pams::milter::archive
