#include "milter/ctl/archive/opened.hpp"

#include <chrono>
#include <filesystem>

namespace pams::milter::ctl {

Status OpenedArchive::open() {
  auto rows = archive::ArchiveDatabase::open(settings_.path, sqlite::Access::ReadOnly);
  if (!rows) return tl::unexpected(rows.error());
  rows_.emplace(std::move(*rows));
  return {};
}

bool OpenedArchive::is_made() const {
  std::error_code error;
  return std::filesystem::exists(settings_.path + "/archive.db", error) || error;
}

/// Who may only read the archive searches what is indexed already.
Status OpenedArchive::open_index() {
  if (index_) return {};
  for (const auto access : {sqlite::Access::ReadWrite, sqlite::Access::ReadOnly}) {
    auto index = archive::SearchIndex::open(settings_.path, access);
    if (!index && access == sqlite::Access::ReadOnly) return tl::unexpected(index.error());
    if (!index) continue;
    index_.emplace(std::move(*index));
    may_index_ = access == sqlite::Access::ReadWrite;
    break;
  }
  return {};
}

Result<std::vector<std::int64_t>> OpenedArchive::find(const query::Query& query, Timeout timeout) {
  if (const auto opened = open_index(); !opened) return tl::unexpected(opened.error());
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  if (may_index_) {
    const auto indexed = index_->catch_up(*rows_, objects_, [&] {
      return timeout == Timeout::UntilAllIsIndexed || std::chrono::steady_clock::now() < until;
    });
    if (!indexed) return tl::unexpected(indexed.error());
  }
  return archive::search(*rows_, *index_, query, archive::Unreadable::NoMatch);
}

Result<std::int64_t> OpenedArchive::not_indexed() {
  if (const auto opened = open_index(); !opened) return tl::unexpected(opened.error());
  return index_->lag(*rows_);
}

Result<std::int64_t> OpenedArchive::not_wholly_searched() {
  if (const auto opened = open_index(); !opened) return tl::unexpected(opened.error());
  return index_->incomplete();
}

Result<std::int64_t> OpenedArchive::without_date() {
  if (const auto opened = open_index(); !opened) return tl::unexpected(opened.error());
  return index_->without_date();
}

}  // namespace pams::milter::ctl
