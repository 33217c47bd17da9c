/// An archive as pamsctl's commands use it: the rows read-only, the index kept up where that is allowed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "milter/archive/object_store.hpp"
#include "milter/archive/record_search.hpp"
#include "milter/config/config.hpp"

namespace pams::milter::ctl {

class OpenedArchive {
 public:
  explicit OpenedArchive(const ArchiveSettings& settings)
      : settings_(settings), objects_(settings.path, std::make_shared<Disk>()) {}

  Status open();
  /// False until the milter has made the archive, when it starts for the first time.
  bool is_made() const;

  archive::ArchiveDatabase& rows() { return *rows_; }
  archive::ObjectStore& objects() { return objects_; }

  enum class Timeout { AFewSeconds, UntilAllIsIndexed };
  /// Entry numbers. The index is brought up to date first, as far as `timeout` goes.
  Result<std::vector<std::int64_t>> find(const query::Query& query, Timeout timeout);
  /// How many records no search can find yet.
  Result<std::int64_t> not_indexed();
  /// How many records a search knows by metadata only (encrypted), or in part (very large).
  Result<std::int64_t> not_wholly_searched();
  /// How many records no Date field gives a time to.
  Result<std::int64_t> without_date();

 private:
  Status open_index();

  const ArchiveSettings& settings_;
  archive::ObjectStore objects_;
  std::optional<archive::ArchiveDatabase> rows_;
  std::optional<archive::SearchIndex> index_;
  bool may_index_ = false;
};

}  // namespace pams::milter::ctl
