/// Which keys have sealed the journal reports that wait in the spool.
#pragma once

#include <set>
#include <string>

#include "rules/base/result.hpp"

namespace pams::milter::journal {

/// Ids. `path`: of the spool; none when it is not there. Reports from before reports were sealed have no key.
Result<std::set<std::string>> keys_in_spool(const std::string& path);

}  // namespace pams::milter::journal
