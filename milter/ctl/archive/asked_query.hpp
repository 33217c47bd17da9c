/// The query that stands on a command line, of one word or of several.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "rules/base/result.hpp"
#include "rules/query/query.hpp"

namespace pams::milter::ctl {

/// Several words are one query, with a blank between each two. Failure::Refused where the shell has taken
/// quotes away, so that a phrase would be asked for as single words.
Result<std::string> query_text(const std::vector<std::string>& words);

/// The query, with "today" as of now. Says on standard error how it was read where quotes may be missing.
Result<query::QueryPtr> query_now(const std::vector<std::string>& words);

}  // namespace pams::milter::ctl
