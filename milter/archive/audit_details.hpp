/// The `details` of an audit row: named texts as a JSON object. Pure; any thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pams::milter::archive {

/// In the order given. Broken UTF-8 is replaced.
std::string to_details(const std::vector<std::pair<std::string, std::string>>& texts);

/// "" where there is no such text.
std::string text_in_details(const std::string& details, const std::string& key);

}  // namespace pams::milter::archive
