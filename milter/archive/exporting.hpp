/// Copies of records for somebody else: each message byte for byte (an mbox has LF line ends and quoted From
/// lines, as mboxrd wants it), and a load file with its SHA-256. Names can be read by a person
/// (export_name.hpp). An encrypted record leaves as the CMS structure that it is. Nothing that is there
/// already is overwritten, and what fails leaves nothing (export_draft.hpp). Belongs to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "milter/archive/archive_database.hpp"
#include "milter/archive/object_store.hpp"

namespace pams::milter::archive {

enum class ExportFormat {
  Eml,     ///< a directory with the messages, load.csv and manifest.json
  Mboxrd,  ///< one file, and <output>.csv beside it; encrypted records cannot stand in it
  Zip      ///< one file that holds what Eml's directory holds
};
enum class ExportVersion { Sent, Received };

struct Export {
  ExportFormat format = ExportFormat::Eml;
  std::string output;
  ExportVersion version = ExportVersion::Sent;
  /// Hears of each record: how many are done, and of how many. May be empty.
  std::function<void(std::int64_t done, std::int64_t total)> progress = {};
};

struct Exported {
  std::int64_t records = 0;
  std::vector<std::string> problems;  ///< records that could not be exported, and why
};

/// Failure::Refused when `output` is there already; Misconfigured or Temporary when it cannot be written.
/// Damaged records are left out and told.
Result<Exported> export_records(ArchiveDatabase& archive, ObjectStore& objects,
                                const std::vector<std::int64_t>& records, const Export& wanted);

}  // namespace pams::milter::archive
