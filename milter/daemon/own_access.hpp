/// What this process can read and write, tried as its user and within its sandbox: root outside of it sees
/// something else. Any thread.
#pragma once

#include <vector>

#include "milter/config/config.hpp"
#include "milter/control/status_report.hpp"

namespace pams::milter::daemon {

/// All that `config` needs, in order or not. Writes to archives, and takes as long as the disks take.
std::vector<control::Access> own_access(const Config& config);

}  // namespace pams::milter::daemon
