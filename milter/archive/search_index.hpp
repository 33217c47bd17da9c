/// The search index, `index.db`: SQLite's FTS5 over the words of each record. It is made from the archive
/// after acceptance, in a database of its own, so that indexing never holds up a commit; it can be lost and
/// is then made again. Belongs to one thread; several connections and processes may work at once.
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

  /// Entry numbers in order. `columns` as FTS5 names them, "" = all.
  Result<std::vector<std::int64_t>> with_words(const std::string& columns, std::string_view text,
                                               bool is_prefix);
  Result<std::vector<std::int64_t>> with_attachment();
  Result<std::vector<std::int64_t>> with_unknown_content();

 private:
  explicit SearchIndex(sqlite::Database sql) : sql_(std::move(sql)) {}
  struct Portion {
    bool is_last = true;
  };
  Result<Portion> index_some(ArchiveDatabase& archive, ObjectStore& objects);
  Status add(const RecordRow& row, ObjectStore& objects);
  Result<Tip> indexed_to(ArchiveDatabase& archive);
  Result<std::vector<std::int64_t>> numbers(std::string_view query);

  sqlite::Database sql_;
};

}  // namespace pams::milter::archive
