/// A random secret of one archive, in its directory. Any thread and process.
#pragma once

#include <string>

#include "milter/base/disk.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::archive {

/// 64 hex digits, the same for everybody who asks; made, and durable, when they were never asked for.
Result<std::string> archive_secret(Disk& disk, const std::string& archive);

}  // namespace pams::milter::archive
