/// The load file of an export, as programs for reviewing take it: a CSV row a message, with the SHA-256 of
/// the bytes that were exported. Pure.
#pragma once

#include <string>
#include <string_view>

#include "milter/archive/record.hpp"

namespace pams::milter::archive {

/// What was exported of one record.
struct ExportedFile {
  std::string name;
  std::string sha256;
  std::size_t bytes = 0;
  std::string_view version;  ///< "sent" or "received"
};

std::string load_file_titles();
std::string load_file_row(const ExportedFile& file, const RecordRow& row, const Fate& fate);

}  // namespace pams::milter::archive
