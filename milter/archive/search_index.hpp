/// The search index, `index.db`: SQLite's FTS5 over the words of each record. It is made from the archive
/// after acceptance, in a database of its own, so that indexing never holds up a commit; it can be lost and
/// is then made again, as is that of an older version. Belongs to one thread; several connections and
/// processes may work at once.
///
/// The index keeps the text itself, not only the words: FTS5 in Debian 12 (3.40) cannot delete from an index
/// without its text, and a purge must.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "milter/archive/archive_database.hpp"
#include "milter/archive/object_store.hpp"

namespace pams::milter::archive {

class SearchIndex {
 public:
  static Result<SearchIndex> open(const std::string& archive, sqlite::Access access);

  /// Indexes what is not indexed yet, in portions, until nothing is left or `wants_more` says no (it is asked
  /// before each portion). A message that cannot be read is indexed by its metadata alone.
  Status catch_up(ArchiveDatabase& archive, ObjectStore& objects, const std::function<bool()>& wants_more);
  /// How many records are not indexed yet.
  Result<std::int64_t> lag(ArchiveDatabase& archive);
  /// Records whose content is not or not wholly known to the index.
  Result<std::int64_t> incomplete();
  /// Forgets records that the archive has no more.
  Status forget_purged(ArchiveDatabase& archive);

  /// Records whose Date field is no time, or is hidden: they count as sent when they were archived.
  Result<std::int64_t> without_date();
  /// Where the index ends; nothing behind it is found.
  Result<Tip> indexed_to(ArchiveDatabase& archive);

  // Entry numbers in order.
  /// `match` in FTS5's language, over columns of SearchableText.
  Result<std::vector<std::int64_t>> with_match(const std::string& match);
  Result<std::vector<std::int64_t>> with_attachment();
  Result<std::vector<std::int64_t>> with_importance(std::int64_t importance);
  Result<std::vector<std::int64_t>> sent_between(std::int64_t least, std::int64_t maximum);
  Result<std::vector<std::int64_t>> with_unknown_content();
  /// The words of one record, as SearchableText has them.
  Result<std::vector<std::string>> texts(std::int64_t number, const std::vector<std::string>& columns);

 private:
  explicit SearchIndex(sqlite::Database sql) : sql_(std::move(sql)) {}
  struct Portion {
    bool is_last = true;
  };
  Result<Portion> index_some(ArchiveDatabase& archive, ObjectStore& objects);
  Status add(const RecordRow& row, ObjectStore& objects);
  Result<std::vector<std::int64_t>> numbers(std::string_view sql, const std::vector<sqlite::In>& values = {});

  sqlite::Database sql_;
};

}  // namespace pams::milter::archive
