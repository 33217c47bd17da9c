/// The configuration as `check` sees it: with the files and directories that it names. The daemon does not
/// look at those when it starts, for they may be put right while it runs. Any thread.
#pragma once

#include <string>

#include "milter/config/config.hpp"
#include "rules/schema/read.hpp"

namespace pams::milter {

/// As load_config; a file or directory that cannot do what it is named for is an error as well.
Loaded check_config(const std::string& path);

/// disk_files(), and what it finds is looked at. What this user may not read is passed over.
schema::Files examined_files();

}  // namespace pams::milter
