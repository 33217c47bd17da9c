/// Says what is wrong with a query, and where. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "rules/base/result.hpp"

namespace pams::query {

/// "query: <what>", then the query (a part of it when it is long) with a caret under the byte `at`. Harmless
/// to a terminal.
tl::unexpected<Error> complaint(std::string_view query, std::size_t at, const std::string& what);

}  // namespace pams::query
