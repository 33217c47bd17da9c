/// What is wrong with a configuration, as JSON. Any thread.
#pragma once

#include <nlohmann/json.hpp>

#include "rules/base/diagnostic.hpp"

namespace pams::milter::ctl {

/// `[{"file", "line", "column", "severity", "text"}]`
nlohmann::json diagnostics_json(const Diagnostics& diagnostics);

}  // namespace pams::milter::ctl
