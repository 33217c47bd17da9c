/// How the configuration reaches the disk. Any thread.
#pragma once

#include <string>
#include <vector>

#include "rules/base/result.hpp"
#include "rules/schema/read.hpp"

namespace pams::milter {

/// The whole file, 256 MB at most. Failure::Misconfigured with path and reason.
Result<std::string> read_file(const std::string& path);

/// `path`, made absolute as seen from the directory of `from_file`.
std::string resolve(const std::string& path, const std::string& from_file);

/// The files that match, in name order. Without a wildcard the file must exist.
Result<std::vector<std::string>> matching_files(const std::string& pattern);

/// Whether the program is there, may be executed by this user, and changed by its owner and his group only.
Status check_program(const std::string& path);

/// For the rules: real files, relative to the file that names them.
schema::Files disk_files();

}  // namespace pams::milter
