/// What a configuration says of files and directories that are there or not, asked of `Files`, which may not
/// look at all. Every finding is reported where the key is written, or else at its table. Any thread.
#pragma once

#include <string_view>

#include "rules/schema/read.hpp"

namespace pams::schema {

/// `table` as it is written, what was read of it, and where to report.
struct ReadTable {
  const Value& table;
  const Args& args;
  const Files& files;
  Diagnostics& diagnostics;
};

/// The key names a directory into which the daemon writes, and of which it makes the last part itself.
void check_directory(const ReadTable& read, std::string_view key);

/// The key names a PEM file; an empty one is not looked at.
void check_pem(const ReadTable& read, std::string_view key, Files::Pem kind);

}  // namespace pams::schema
