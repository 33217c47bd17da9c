/// The leaves of a query: words, and properties with their values. Pure; any thread.
#pragma once

#include <chrono>
#include <optional>

#include "rules/query/property.hpp"
#include "rules/query/scanner.hpp"

namespace pams::query {

enum class Operator { Has, Equal, Not, Less, LessOrEqual, More, MoreOrEqual };  ///< : = <> < <= > >=

/// The operator that stands next; moves behind it. Nothing when none does.
std::optional<Operator> take_operator(Scanner& scanner);

/// A word or a quoted phrase of `field`.
Result<Words> take_words(Scanner& scanner, Field field);

/// The value that stands next, as `property` `how` it. Relative times ("today") are refused without `now`.
Result<Query> take_restriction(Scanner& scanner, const Property& property, Operator how,
                               std::optional<std::chrono::sys_seconds> now);

}  // namespace pams::query
