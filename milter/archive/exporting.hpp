/// Copies of records for somebody else: each message as it was sent, byte for byte (an mbox has LF line ends
/// and quoted From lines, as mboxrd wants it). Names are made from ids. An encrypted record leaves as the CMS
/// structure that it is. Nothing that is there already is overwritten. Belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "milter/archive/archive_database.hpp"
#include "milter/archive/object_store.hpp"

namespace pams::milter::archive {

enum class ExportFormat {
  Eml,     ///< a directory with <id>.eml, and manifest.json
  Mboxrd,  ///< one file; encrypted records cannot stand in it
  Zip      ///< one file with <id>.eml, and manifest.json
};

struct Exported {
  std::int64_t records = 0;
  std::vector<std::string> problems;  ///< records that could not be exported, and why
};

/// Failure::Refused when `output` is there already; Misconfigured or Temporary when it cannot be written.
/// Damaged records are left out and told.
Result<Exported> export_records(ArchiveDatabase& archive, ObjectStore& objects,
                                const std::vector<std::int64_t>& records, ExportFormat format,
                                const std::string& output);

}  // namespace pams::milter::archive
