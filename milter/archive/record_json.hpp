/// What listings and manifests both tell of a record, as JSON. Pure; any thread.
#pragma once

#include <nlohmann/json.hpp>

#include "milter/archive/record.hpp"

namespace pams::milter::archive {

nlohmann::ordered_json record_json(const RecordRow& row, const Fate& fate);

}  // namespace pams::milter::archive
