/// A query's tree as KQL that says the same, with every operator written out. Pure; any thread.
#pragma once

#include <string>

#include "rules/query/query.hpp"

namespace pams::query {

/// parse_query() of it gives the same tree.
std::string to_kql(const Query& query);

}  // namespace pams::query
