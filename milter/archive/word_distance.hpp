/// Whether words stand near each other in a text. Pure; any thread. Linear but for a logarithm.
#pragma once

#include <string_view>

#include "rules/query/query.hpp"

namespace pams::milter::archive {

/// In `words`, a column of SearchableText: inside one of its texts, and not one in the other.
bool are_near(std::string_view words, const query::Near& near);

}  // namespace pams::milter::archive
