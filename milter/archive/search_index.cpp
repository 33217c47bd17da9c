#include "milter/archive/search_index.hpp"

#include <algorithm>

#include "milter/archive/searchable_text.hpp"
#include "milter/base/schema_version.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::archive {
namespace {

constexpr std::int64_t kPortion = 100;

/// 1: 0.1.0's. 2: words as rules/query/words.hpp parts them, and what properties compare.
constexpr std::int64_t kVersion = 2;

/// `state` says up to which entry of which chain the index goes. The words come ready: FTS5's ASCII tokenizer
/// parts them at the blanks alone.
std::string tables(const std::string& schema) {
  return "CREATE TABLE IF NOT EXISTS " + schema +
         ".indexed(number INTEGER PRIMARY KEY, is_complete INTEGER NOT NULL, has_attachment INTEGER NOT NULL,"
         " importance INTEGER NOT NULL, sent INTEGER NOT NULL, has_date INTEGER NOT NULL);"
         "CREATE VIRTUAL TABLE IF NOT EXISTS " +
         schema +
         ".words USING fts5(sender, recipients, cc, bcc, subject, body, attachments, attachment_names," +
         " category, tokenize = 'ascii');CREATE TABLE IF NOT EXISTS " + schema +
         ".state(number INTEGER NOT NULL, hash TEXT NOT NULL);INSERT INTO " + schema +
         ".state SELECT 0, '' WHERE NOT EXISTS(SELECT 1 FROM " + schema + ".state);";
}

/// The index of an older version is made anew.
Status make(sqlite::Database& sql, const std::string& path) {
  return make_or_upgrade(sql, path,
                         {kVersion,
                          tables("main"),
                          {"DROP TABLE words; DROP TABLE indexed; DROP TABLE state;" + tables("main")}});
}

/// A reader may not make it anew: to it nothing is indexed until somebody did.
Status prepare_reading(sqlite::Database& sql, const std::string& path) {
  const auto version = readable_version(sql, path, kVersion);
  if (!version) return tl::unexpected(version.error());
  return *version == kVersion ? Status{} : sql.script(tables("temp"));
}

}  // namespace

Result<SearchIndex> SearchIndex::open(const std::string& archive, sqlite::Access access) {
  const auto path = archive + "/index.db";
  auto sql = sqlite::Database::open(path, access, sqlite::Durability::Normal);
  if (!sql) return tl::unexpected(sql.error());
  SearchIndex index(std::move(*sql));
  if (access == sqlite::Access::ReadOnly)
    return prepare_reading(index.sql_, path).map([&] { return std::move(index); });
  give_to_owner(archive, "index.db");
  return index.sql_.script("PRAGMA secure_delete = ON")
      .and_then([&] { return make(index.sql_, path); })
      .map([&] { return std::move(index); });
}

/// Where the index ends. When the archive has another entry there (an older copy was put in its place), the
/// index is of another archive and begins again.
Result<Tip> SearchIndex::indexed_to(ArchiveDatabase& archive) {
  Tip tip;
  const auto read = sql_.query("SELECT number, hash FROM state", [&](const sqlite::Row& row) {
    tip = {row.number(0), row.text(1)};
    return false;
  });
  if (!read) return tl::unexpected(read.error());
  if (tip.number == 0) return tip;
  return archive.hash_at(tip.number).map([&](const auto& hash) { return hash == tip.hash ? tip : Tip{}; });
}

Status SearchIndex::catch_up(ArchiveDatabase& archive, ObjectStore& objects,
                             const std::function<bool()>& wants_more) {
  while (wants_more()) {
    const auto done = index_some(archive, objects);
    if (!done) return tl::unexpected(done.error());
    if (done->is_last) return {};
  }
  return {};
}

Result<SearchIndex::Portion> SearchIndex::index_some(ArchiveDatabase& archive, ObjectStore& objects) {
  Portion portion;
  const auto done = sql_.transaction([&]() -> Status {
    const auto from = indexed_to(archive);
    if (!from) return tl::unexpected(from.error());
    if (from->number == 0)
      if (const auto emptied = sql_.script("DELETE FROM indexed; DELETE FROM words;"); !emptied)
        return emptied;
    std::vector<RecordRow> rows;
    const auto read = archive.each_record(from->number, [&](const RecordRow& row) {
      rows.push_back(row);
      return static_cast<std::int64_t>(rows.size()) < kPortion;
    });
    if (!read || rows.empty()) return read;
    for (const auto& row : rows)
      if (const auto added = add(row, objects); !added) return added;
    portion.is_last = static_cast<std::int64_t>(rows.size()) < kPortion;
    const auto hash = archive.hash_at(rows.back().number);
    if (!hash) return tl::unexpected(hash.error());
    return sql_.run("UPDATE state SET number = ?, hash = ?", rows.back().number, hash->value_or(""));
  });
  return done.map([&] { return portion; });
}

Status SearchIndex::add(const RecordRow& row, ObjectStore& objects) {
  Result<std::string> message = fail(Failure::Misconfigured, "encrypted");
  if (!row.is_encrypted()) message = objects.load(row.sent, static_cast<std::size_t>(row.size));
  // What is damaged stays so; a disk that cannot be read just now may be tried again.
  if (!message && message.error().failure == Failure::Temporary) return tl::unexpected(message.error());
  const auto text = searchable_text(row, message ? &*message : nullptr);
  const auto sent = text.date.value_or(row.time).time_since_epoch().count();
  return sql_
      .run("INSERT OR REPLACE INTO indexed VALUES(?,?,?,?,?,?)", row.number, text.is_complete,
           text.has_attachment, static_cast<std::int64_t>(text.importance), sent, text.date.has_value())
      .and_then([&] {
        return sql_.run(
            "INSERT OR REPLACE INTO words(rowid, sender, recipients, cc, bcc, subject, body, attachments, attachment_names, category) VALUES(?,?,?,?,?,?,?,?,?,?)",
            row.number, text.sender, text.recipients, text.cc, text.bcc, text.subject, text.body,
            text.attachments, text.attachment_names, text.category);
      });
}

Result<std::int64_t> SearchIndex::lag(ArchiveDatabase& archive) {
  const auto from = indexed_to(archive);
  if (!from) return tl::unexpected(from.error());
  return archive.sql()
      .number("SELECT count(*) FROM record WHERE number > ?", from->number)
      .map([](const auto& count) { return count.value_or(0); });
}

Result<std::int64_t> SearchIndex::incomplete() {
  return sql_.number("SELECT count(*) FROM indexed WHERE NOT is_complete").map([](const auto& count) {
    return count.value_or(0);
  });
}

Result<std::int64_t> SearchIndex::without_date() {
  return sql_.number("SELECT count(*) FROM indexed WHERE NOT has_date").map([](const auto& count) {
    return count.value_or(0);
  });
}

Status SearchIndex::forget_purged(ArchiveDatabase& archive) {
  std::vector<std::int64_t> gone;
  const auto all = numbers("SELECT number FROM indexed ORDER BY number");
  if (!all) return tl::unexpected(all.error());
  for (const auto number : *all) {
    const auto there = archive.record(number);
    if (!there) return tl::unexpected(there.error());
    if (!*there) gone.push_back(number);
  }
  if (gone.empty()) return {};
  const auto forgotten = sql_.transaction([&]() -> Status {
    for (const auto number : gone) {
      const auto done = sql_.run("DELETE FROM words WHERE rowid = ?", number).and_then([&] {
        return sql_.run("DELETE FROM indexed WHERE number = ?", number);
      });
      if (!done) return done;
    }
    return {};
  });
  // Only a merge takes deleted words out of FTS5's own tables.
  return forgotten.and_then([&] { return sql_.run("INSERT INTO words(words) VALUES('optimize')"); });
}

Result<std::vector<std::int64_t>> SearchIndex::numbers(std::string_view sql,
                                                       const std::vector<sqlite::In>& values) {
  std::vector<std::int64_t> found;
  const auto read = sql_.query_with(sql, values, [&](const sqlite::Row& row) {
    found.push_back(row.number(0));
    return true;
  });
  return read.map([&] { return std::move(found); });
}

Result<std::vector<std::int64_t>> SearchIndex::with_match(const std::string& match) {
  return numbers("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid", {std::string_view(match)});
}

Result<std::vector<std::string>> SearchIndex::texts(std::int64_t number,
                                                    const std::vector<std::string>& columns) {
  std::vector<std::string> found;
  const auto read = sql_.query(
      "SELECT " + text::join(columns, ", ") + " FROM words WHERE rowid = ?",
      [&](const sqlite::Row& row) {
        for (std::size_t i = 0; i < columns.size(); ++i) found.push_back(row.text(static_cast<int>(i)));
        return false;
      },
      number);
  return read.map([&] { return std::move(found); });
}

Result<std::vector<std::int64_t>> SearchIndex::with_attachment() {
  return numbers("SELECT number FROM indexed WHERE has_attachment ORDER BY number");
}

Result<std::vector<std::int64_t>> SearchIndex::with_importance(std::int64_t importance) {
  return numbers("SELECT number FROM indexed WHERE importance = ? ORDER BY number", {importance});
}

Result<std::vector<std::int64_t>> SearchIndex::sent_between(std::int64_t least, std::int64_t maximum) {
  return numbers("SELECT number FROM indexed WHERE sent BETWEEN ? AND ? ORDER BY number", {least, maximum});
}

Result<std::vector<std::int64_t>> SearchIndex::with_unknown_content() {
  return numbers("SELECT number FROM indexed WHERE NOT is_complete ORDER BY number");
}

}  // namespace pams::milter::archive
