/// SQLite with ownership and Results: a connection, statements that are prepared once, values bound by type.
/// One connection belongs to one thread at a time; several connections to one file may work at once (WAL).
/// Failures: SQLITE_FULL, IOERR, BUSY (after `busy_timeout`), LOCKED -> Temporary; CANTOPEN, READONLY, PERM,
/// CORRUPT, NOTADB -> Misconfigured; anything else (a wrong statement) is a fault of the program and throws
/// std::logic_error.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/base/c_ptr.hpp"
#include "rules/base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace pams::milter::sqlite {

/// What goes in: NULL, an integer, text, or bytes.
struct Blob {
  std::string_view bytes;
};
using In = std::variant<std::nullptr_t, std::int64_t, std::string_view, Blob>;

/// One row of an answer; columns count from 0. Views are valid until the next row.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const;
  std::int64_t number(int column) const;
  std::string text(int column) const;  ///< "" for NULL
  std::string_view bytes(int column) const;

 private:
  sqlite3_stmt* statement_;
};

void close_connection(sqlite3* connection) noexcept;
void finalize_statement(sqlite3_stmt* statement) noexcept;

enum class Access { ReadWrite, ReadOnly };
/// How much a commit is worth: Full survives power loss (one fsync a commit), Normal may lose the last
/// commits, never consistency.
enum class Durability { Full, Normal };

class Database {
 public:
  /// Opens (and, for ReadWrite, makes) the file in WAL mode with foreign keys on. `mode` of a new file is
  /// 0640.
  static Result<Database> open(const std::string& path, Access access, Durability durability,
                               std::chrono::milliseconds busy_timeout = std::chrono::seconds(10));

  /// Several statements without values: schema, pragmas.
  Status script(const std::string& sql);

  /// One statement without an answer.
  template <class... Values>
  Status run(std::string_view sql, const Values&... values) {
    const In bound[] = {to_in(values)..., nullptr};
    return execute(sql, bound, sizeof...(values), nullptr);
  }
  /// One statement; `each` sees every row and returns whether it wants more.
  template <class... Values>
  Status query(std::string_view sql, const std::function<bool(const Row&)>& each, const Values&... values) {
    const In bound[] = {to_in(values)..., nullptr};
    return execute(sql, bound, sizeof...(values), &each);
  }
  /// As query, with values whose number is known only when it runs.
  Status query_with(std::string_view sql, const std::vector<In>& values,
                    const std::function<bool(const Row&)>& each) {
    return execute(sql, values.data(), values.size(), &each);
  }
  /// The first column of the first row, if there is one.
  template <class... Values>
  Result<std::optional<std::int64_t>> number(std::string_view sql, const Values&... values) {
    std::optional<std::int64_t> found;
    const auto status = query(
        sql,
        [&](const Row& row) {
          found = row.number(0);
          return false;
        },
        values...);
    if (!status) return tl::unexpected(status.error());
    return found;
  }

  std::int64_t last_insert_id() const;
  std::int64_t changes() const;

  /// BEGIN IMMEDIATE, `work`, COMMIT; ROLLBACK when `work` or the commit fails.
  Status transaction(const std::function<Status()>& work);

 private:
  using Connection = CPtr<sqlite3, close_connection>;
  using Statement = CPtr<sqlite3_stmt, finalize_statement>;
  explicit Database(Connection connection) : connection_(std::move(connection)) {}

  static In to_in(std::nullptr_t) { return nullptr; }
  static In to_in(std::string_view text) { return text; }
  static In to_in(const std::string& text) { return std::string_view(text); }
  static In to_in(const char* text) { return std::string_view(text); }
  static In to_in(const Blob& blob) { return blob; }
  template <std::integral Number>
  static In to_in(Number number) {
    return static_cast<std::int64_t>(number);
  }
  Status execute(std::string_view sql, const In* values, std::size_t count,
                 const std::function<bool(const Row&)>* each);
  Result<sqlite3_stmt*> prepared(std::string_view sql);
  tl::unexpected<Error> error(int code) const;

  Connection connection_;
  std::map<std::string, Statement, std::less<>> statements_;
};

}  // namespace pams::milter::sqlite
