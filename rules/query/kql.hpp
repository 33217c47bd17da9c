/// Exchange's Keyword Query Language: `from:anna subject:"annual report" (has:attachment OR size>1MB)
/// -sent:2026-01-01..2026-03-31`. Text to a tree (query.hpp). Pure; any thread. Sources: Microsoft's "Keyword
/// queries and search conditions for eDiscovery" and "KQL syntax reference".
///
/// Whatever this does not know is refused with its place; nothing is guessed. Where Microsoft takes a word
/// and its writer meant an operator (`and`, a curly quote, `subject: x`), it is refused too. What stands side
/// by side means AND, except restrictions of one property (`from:ann from:bob`), which mean OR.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "rules/base/result.hpp"
#include "rules/query/query.hpp"

namespace pams::query {

/// Failure::Refused with what was expected, and a caret under the place. Nesting is bounded (100), length too
/// (8 KB). `now` is what "today" goes by; without one, times that move with the clock are refused: a query
/// that is kept must not change its meaning.
Result<QueryPtr> parse_query(std::string_view text, std::optional<std::chrono::sys_seconds> now);

}  // namespace pams::query
