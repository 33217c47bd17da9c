/// The outcomes' part of ArchiveDatabase.
#include "milter/archive/archive_database.hpp"

namespace pams::milter::archive {
namespace {

constexpr const char* kSelect =
    "SELECT number, record, time, queue_id, message_id, outcome, reason FROM outcome ";

OutcomeRow outcome_in(const sqlite::Row& row) {
  return {row.number(0), row.number(1), std::chrono::sys_seconds{std::chrono::seconds{row.number(2)}},
          row.text(3),   row.text(4),   row.text(5),
          row.text(6)};
}

}  // namespace

/// An archive that only an older version has written yet has no outcomes; nor may a reader make the table.
Status ArchiveDatabase::prepare_reading() {
  const auto found = sql_.number("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'outcome'");
  if (!found) return tl::unexpected(found.error());
  if (*found) return {};
  return sql_.script(
      "CREATE TEMP TABLE outcome(number INTEGER PRIMARY KEY, record INTEGER, time INTEGER, queue_id TEXT, message_id TEXT, outcome TEXT, reason TEXT)");
}

Status ArchiveDatabase::append(Tip& tip, OutcomeRow& row) {
  row.number = tip.number + 1;
  return append(tip, digest_of(row)).and_then([&] {
    return sql_.run("INSERT INTO outcome VALUES(?,?,?,?,?,?,?)", row.number, row.record,
                    row.time.time_since_epoch().count(), row.queue_id, row.message_id, row.outcome,
                    row.reason);
  });
}

Result<std::optional<RecordRow>> ArchiveDatabase::newest_of_queue_id(const std::string& queue_id) {
  // The entry that was written last: a later try of an old record comes after a newer record.
  const auto number = sql_.number(
      "SELECT record FROM (SELECT number AS entry, number AS record FROM record WHERE queue_id = ?1 UNION ALL SELECT number, record FROM outcome WHERE queue_id = ?1) ORDER BY entry DESC LIMIT 1",
      queue_id);
  if (!number) return tl::unexpected(number.error());
  if (!*number) return std::nullopt;
  return record(**number);
}

Result<std::vector<OutcomeRow>> ArchiveDatabase::outcomes_of(std::int64_t record) {
  std::vector<OutcomeRow> all;
  const auto status = sql_.query(
      std::string(kSelect) + "WHERE record = ? ORDER BY number",
      [&](const sqlite::Row& row) {
        all.push_back(outcome_in(row));
        return true;
      },
      record);
  return status.map([&] { return std::move(all); });
}

Result<std::optional<OutcomeRow>> ArchiveDatabase::outcome(std::int64_t number) {
  std::optional<OutcomeRow> found;
  const auto status = sql_.query(
      std::string(kSelect) + "WHERE number = ?",
      [&](const sqlite::Row& row) {
        found = outcome_in(row);
        return false;
      },
      number);
  return status.map([&] { return found; });
}

Result<Fate> ArchiveDatabase::fate_of(const RecordRow& row) {
  return outcomes_of(row.number).map([&](const std::vector<OutcomeRow>& later) {
    return archive::fate_of(row.queue_id, row.message_id, later);
  });
}

}  // namespace pams::milter::archive
