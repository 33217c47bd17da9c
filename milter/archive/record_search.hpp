/// Which records a query (rules/query) means. Words are looked for in the index, everything else in the
/// archive's rows. Belongs to one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "milter/archive/search_index.hpp"
#include "rules/query/query.hpp"

namespace pams::milter::archive {

/// What a word in a text that cannot be read (it is encrypted, or too large) counts as. A search shows what
/// it can prove; a hold keeps what it cannot rule out.
enum class Unreadable { NoMatch, Match };

/// Entry numbers in order. Only what is indexed is found.
Result<std::vector<std::int64_t>> search(ArchiveDatabase& archive, SearchIndex& index,
                                         const query::Query& query, Unreadable unreadable);

}  // namespace pams::milter::archive
