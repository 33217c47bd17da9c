#include "milter/base/sqlite.hpp"

#include <stdexcept>

#include <sqlite3.h>

#include "rules/base/overloaded.hpp"

namespace pams::milter::sqlite {

void close_connection(sqlite3* connection) noexcept { sqlite3_close_v2(connection); }
void finalize_statement(sqlite3_stmt* statement) noexcept { sqlite3_finalize(statement); }

bool Row::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
std::int64_t Row::number(int column) const { return sqlite3_column_int64(statement_, column); }
std::string Row::text(int column) const { return std::string(bytes(column)); }
std::string_view Row::bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return data == nullptr
             ? std::string_view{}
             : std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

namespace {

Failure failure_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
    case SQLITE_PROTOCOL:
      return Failure::Temporary;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
      return Failure::Misconfigured;
    default:
      throw std::logic_error(std::string("SQLite: ") + sqlite3_errstr(code));
  }
}

int bind(sqlite3_stmt* statement, int place, const In& value) {
  return std::visit(overloaded{
                        [&](std::nullptr_t) { return sqlite3_bind_null(statement, place); },
                        [&](std::int64_t number) { return sqlite3_bind_int64(statement, place, number); },
                        [&](std::string_view text) {
                          return sqlite3_bind_text64(statement, place, text.data(), text.size(),
                                                     SQLITE_TRANSIENT, SQLITE_UTF8);
                        },
                        [&](const Blob& blob) {
                          return sqlite3_bind_blob64(statement, place, blob.bytes.data(), blob.bytes.size(),
                                                     SQLITE_TRANSIENT);
                        },
                    },
                    value);
}

/// Puts a cached statement back into its first state, whatever happened.
struct ResetAfter {
  sqlite3_stmt* statement;
  ~ResetAfter() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};

}  // namespace

tl::unexpected<Error> Database::error(int code) const {
  const auto failure = failure_of(code);
  const auto* const name = sqlite3_db_filename(connection_.get(), "main");
  return fail(failure, std::string(name == nullptr ? "" : name) + ": " + sqlite3_errmsg(connection_.get()));
}

Result<Database> Database::open(const std::string& path, Access access, Durability durability,
                                std::chrono::milliseconds busy_timeout) {
  sqlite3* raw = nullptr;
  const int flags =
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
      (access == Access::ReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  const int opened = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  Database database{Connection(raw)};
  if (opened != SQLITE_OK) return fail(failure_of(opened), path + ": " + sqlite3_errstr(opened));
  sqlite3_busy_timeout(raw, static_cast<int>(busy_timeout.count()));
  if (access == Access::ReadOnly) return database;
  const auto configured = database.script(
      std::string("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA synchronous = ") +
      (durability == Durability::Full ? "FULL;" : "NORMAL;"));
  if (!configured) return tl::unexpected(configured.error());
  return database;
}

Status Database::script(const std::string& sql) {
  const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

Result<sqlite3_stmt*> Database::prepared(std::string_view sql) {
  if (const auto found = statements_.find(sql); found != statements_.end()) return found->second.get();
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  Statement statement(raw);
  if (code != SQLITE_OK) {
    if ((code & 0xFF) == SQLITE_ERROR)
      throw std::logic_error(std::string("SQLite: ") + sqlite3_errmsg(connection_.get()));
    return error(code);
  }
  return statements_.emplace(std::string(sql), std::move(statement)).first->second.get();
}

Status Database::execute(std::string_view sql, const In* values, std::size_t count,
                         const std::function<bool(const Row&)>* each) {
  const auto found = prepared(sql);
  if (!found) return tl::unexpected(found.error());
  auto* const statement = *found;
  const ResetAfter reset{statement};
  for (std::size_t i = 0; i < count; ++i)
    if (const int code = bind(statement, static_cast<int>(i) + 1, values[i]); code != SQLITE_OK)
      return error(code);
  int code = sqlite3_step(statement);
  for (; code == SQLITE_ROW; code = sqlite3_step(statement))
    if (each != nullptr && !(*each)(Row(statement))) return {};
  if (code != SQLITE_DONE) return error(code);
  return {};
}

std::int64_t Database::last_insert_id() const { return sqlite3_last_insert_rowid(connection_.get()); }
std::int64_t Database::changes() const { return sqlite3_changes64(connection_.get()); }

Status Database::transaction(const std::function<Status()>& work) {
  if (const auto begun = run("BEGIN IMMEDIATE"); !begun) return begun;
  auto done = work();
  if (done) done = run("COMMIT");
  if (!done && sqlite3_get_autocommit(connection_.get()) == 0) (void)run("ROLLBACK");
  return done;
}

}  // namespace pams::milter::sqlite
