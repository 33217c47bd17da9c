/// The subcommands of `pamsctl archive`. Each prints and returns an exit code; what it cannot do it returns
/// as an Error.
#pragma once

#include <string>
#include <vector>

#include "milter/config/config.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::ctl {

struct ArchiveOptions {
  std::string archive, id, format, version = "sent", output, hold, older_than;
  std::vector<std::string> query;  ///< as the shell parted it
  bool yes = false, as_json = false, as_csv = false, is_wide = false;
};

// listing.cpp: what reads.
Result<int> search_archive(const ArchiveSettings& settings, const ArchiveOptions& options);
Result<int> list_archive(const ArchiveSettings& settings, const ArchiveOptions& options);
Result<int> show_record(const ArchiveSettings& settings, const ArchiveOptions& options);
Result<int> export_archive(const ArchiveSettings& settings, const ArchiveOptions& options);
// keeping.cpp: what decides how long, and what proves.
Result<int> add_hold(const ArchiveSettings& settings, const ArchiveOptions& options);
Result<int> list_holds(const ArchiveSettings& settings, const ArchiveOptions& options);
Result<int> release_hold(const ArchiveSettings& settings, const ArchiveOptions& options);
Result<int> purge_archive(const ArchiveSettings& settings, const ArchiveOptions& options);
Result<int> verify_archive(const ArchiveSettings& settings, const ArchiveOptions& options);

}  // namespace pams::milter::ctl
