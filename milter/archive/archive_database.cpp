#include "milter/archive/archive_database.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/schema_version.hpp"

namespace pams::milter::archive {
namespace {

/// What 0.1.0 wrote is version 0, with or without outcomes.
constexpr std::int64_t kVersion = 1;
constexpr const char* kTables = R"(
CREATE TABLE IF NOT EXISTS chain(
  number INTEGER PRIMARY KEY, digest TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS record(
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, time INTEGER NOT NULL, message_id TEXT NOT NULL,
  queue_id TEXT NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL, subject TEXT NOT NULL,
  size INTEGER NOT NULL, rules TEXT NOT NULL, actions TEXT NOT NULL, connector TEXT NOT NULL,
  sent TEXT NOT NULL, received TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS record_time ON record(time);
CREATE INDEX IF NOT EXISTS record_message_id ON record(message_id COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS record_sent ON record(sent);
CREATE INDEX IF NOT EXISTS record_received ON record(received) WHERE received <> sent;
CREATE TABLE IF NOT EXISTS audit(
  number INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL, details TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outcome(
  number INTEGER PRIMARY KEY, record INTEGER NOT NULL, time INTEGER NOT NULL, queue_id TEXT NOT NULL,
  message_id TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS outcome_record ON outcome(record);
CREATE INDEX IF NOT EXISTS outcome_queue_id ON outcome(queue_id);
CREATE INDEX IF NOT EXISTS record_queue_id ON record(queue_id);
CREATE TABLE IF NOT EXISTS checkpoint(
  number INTEGER PRIMARY KEY, hash TEXT NOT NULL, time INTEGER NOT NULL, signature TEXT NOT NULL);
)";

std::chrono::sys_seconds time_in(const sqlite::Row& row, int column) {
  return std::chrono::sys_seconds{std::chrono::seconds{row.number(column)}};
}
std::int64_t seconds(std::chrono::sys_seconds time) { return time.time_since_epoch().count(); }

Checkpoint checkpoint_in(const sqlite::Row& row) {
  return {{row.number(0), row.text(1)}, time_in(row, 2), row.text(3)};
}

}  // namespace

RecordRow record_in(const sqlite::Row& row) {
  return {.number = row.number(0),
          .id = row.text(1),
          .time = time_in(row, 2),
          .message_id = row.text(3),
          .queue_id = row.text(4),
          .sender = row.text(5),
          .recipients = from_lines(row.text(6)),
          .subject = row.text(7),
          .size = row.number(8),
          .rules = from_lines(row.text(9)),
          .actions = from_lines(row.text(10)),
          .connector = row.text(11),
          .sent = row.text(12),
          .received = row.text(13)};
}

AuditRow audit_in(const sqlite::Row& row) {
  return {row.number(0), time_in(row, 1), row.text(2), row.text(3)};
}

void give_to_owner(const std::string& archive, const std::string& name) {
  struct stat directory {};
  if (::geteuid() != 0 || ::stat(archive.c_str(), &directory) < 0) return;
  // When this fails the milter says so with the file's name as soon as it needs it.
  static_cast<void>(::lchown((archive + "/" + name).c_str(), directory.st_uid, directory.st_gid) == 0);
}

Result<ArchiveDatabase> ArchiveDatabase::open(const std::string& archive, sqlite::Access access) {
  auto sql = sqlite::Database::open(archive + "/archive.db", access, sqlite::Durability::Full);
  if (!sql) return tl::unexpected(sql.error());
  ArchiveDatabase database(std::move(*sql));
  const auto path = archive + "/archive.db";
  if (access == sqlite::Access::ReadOnly)
    return sqlite::readable_version(database.sql_, path, kVersion)
        .and_then([&](std::int64_t) { return database.prepare_reading(); })
        .map([&] { return std::move(database); });
  give_to_owner(archive, "archive.db");
  // Purged content does not stay in free pages.
  if (const auto set = database.sql_.script("PRAGMA secure_delete = ON"); !set)
    return tl::unexpected(set.error());
  if (const auto made = sqlite::make_or_upgrade(database.sql_, path, {kVersion, kTables}); !made)
    return tl::unexpected(made.error());
  return database;
}

Result<Tip> ArchiveDatabase::tip() {
  Tip tip;
  const auto status =
      sql_.query("SELECT number, hash FROM chain ORDER BY number DESC LIMIT 1", [&](const sqlite::Row& row) {
        tip = {row.number(0), row.text(1)};
        return false;
      });
  return status.map([&] { return tip; });
}

Result<std::optional<std::string>> ArchiveDatabase::hash_at(std::int64_t number) {
  std::optional<std::string> hash;
  const auto status = sql_.query(
      "SELECT hash FROM chain WHERE number = ?",
      [&](const sqlite::Row& row) {
        hash = row.text(0);
        return false;
      },
      number);
  return status.map([&] { return hash; });
}

Result<std::optional<Checkpoint>> ArchiveDatabase::last_checkpoint() {
  std::optional<Checkpoint> last;
  const auto status =
      sql_.query("SELECT number, hash, time, signature FROM checkpoint ORDER BY number DESC LIMIT 1",
                 [&](const sqlite::Row& row) {
                   last = checkpoint_in(row);
                   return false;
                 });
  return status.map([&] { return last; });
}

Status ArchiveDatabase::append(Tip& tip, const std::string& digest) {
  tip = {tip.number + 1, chain_hash(tip.hash, tip.number + 1, digest)};
  return sql_.run("INSERT INTO chain(number, digest, hash) VALUES(?,?,?)", tip.number, digest, tip.hash);
}

Status ArchiveDatabase::append(Tip& tip, RecordRow& row) {
  row.number = tip.number + 1;
  return append(tip, digest_of(row)).and_then([&] {
    return sql_.run("INSERT INTO record VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)", row.number, row.id,
                    seconds(row.time), row.message_id, row.queue_id, row.sender, to_lines(row.recipients),
                    row.subject, row.size, to_lines(row.rules), to_lines(row.actions), row.connector,
                    row.sent, row.received);
  });
}

Status ArchiveDatabase::append(Tip& tip, AuditRow& row) {
  row.number = tip.number + 1;
  return append(tip, digest_of(row)).and_then([&] {
    return sql_.run("INSERT INTO audit VALUES(?,?,?,?)", row.number, seconds(row.time), row.kind,
                    row.details);
  });
}

Status ArchiveDatabase::append(const Checkpoint& checkpoint) {
  return sql_.run("INSERT OR REPLACE INTO checkpoint VALUES(?,?,?,?)", checkpoint.tip.number,
                  checkpoint.tip.hash, seconds(checkpoint.time), checkpoint.signature);
}

Status ArchiveDatabase::erase(std::int64_t number) {
  return sql_.run("DELETE FROM outcome WHERE record = ?", number).and_then([&] {
    return sql_.run("DELETE FROM record WHERE number = ?", number);
  });
}

Status ArchiveDatabase::touch() { return sql_.script("PRAGMA user_version = " + std::to_string(kVersion)); }

Result<bool> ArchiveDatabase::names_object(const std::string& object) {
  // Two look-ups, one per index.
  return sql_
      .number(
          "SELECT 1 WHERE EXISTS(SELECT 1 FROM record WHERE sent = ?1) OR EXISTS(SELECT 1 FROM record WHERE received = ?1 AND received <> sent)",
          object)
      .map([](const auto& found) { return found.has_value(); });
}

Result<std::optional<RecordRow>> ArchiveDatabase::record(std::int64_t number) {
  return first_record("number = ?", number);
}

Result<std::optional<RecordRow>> ArchiveDatabase::record_of(const std::string& id) {
  return first_record("id = ?", std::string_view(id));
}

Result<std::optional<RecordRow>> ArchiveDatabase::first_record(std::string_view condition,
                                                               const sqlite::In& value) {
  std::optional<RecordRow> found;
  const auto status = sql_.query_with(
      std::string("SELECT ") + kRecordColumns + " FROM record WHERE " + std::string(condition), {value},
      [&](const sqlite::Row& row) {
        found = record_in(row);
        return false;
      });
  return status.map([&] { return found; });
}

Result<std::vector<RecordRow>> ArchiveDatabase::records_like(const std::string& id_prefix) {
  std::vector<RecordRow> found;
  // Ids are hex digits: whatever else is asked for matches none, wildcards there are none.
  const auto status = sql_.query(
      std::string("SELECT ") + kRecordColumns + " FROM record WHERE id >= ?1 AND id < ?1 || 'g' LIMIT 10",
      [&](const sqlite::Row& row) {
        found.push_back(record_in(row));
        return true;
      },
      id_prefix);
  return status.map([&] { return found; });
}

Status ArchiveDatabase::each_record(std::int64_t after, const std::function<bool(const RecordRow&)>& visit) {
  return sql_.query(
      std::string("SELECT ") + kRecordColumns + " FROM record WHERE number > ? ORDER BY number",
      [&](const sqlite::Row& row) { return visit(record_in(row)); }, after);
}

Status ArchiveDatabase::each_audit(const std::function<bool(const AuditRow&)>& visit) {
  return sql_.query("SELECT number, time, kind, details FROM audit ORDER BY number",
                    [&](const sqlite::Row& row) { return visit(audit_in(row)); });
}

Status ArchiveDatabase::each_checkpoint(const std::function<bool(const Checkpoint&)>& visit) {
  return sql_.query("SELECT number, hash, time, signature FROM checkpoint ORDER BY number",
                    [&](const sqlite::Row& row) { return visit(checkpoint_in(row)); });
}

}  // namespace pams::milter::archive
