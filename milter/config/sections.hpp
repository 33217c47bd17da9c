/// The sections that belong to the daemon: their keys, types and defaults. What decides about messages is in
/// rules/load.
#pragma once

#include <span>

#include "milter/config/config.hpp"
#include "rules/schema/choices.hpp"
#include "rules/schema/find_tables.hpp"
#include "rules/schema/param.hpp"

namespace pams::milter {

inline constexpr auto kMtas =
    schema::choices<MtaKind>({{"postfix", MtaKind::Postfix}, {"sendmail", MtaKind::Sendmail}});
inline constexpr auto kLogFormats =
    schema::choices<LogFormat>({{"text", LogFormat::Text}, {"json", LogFormat::Json}});

struct Section {
  std::string_view name;  ///< the top-level key
  schema::Occurs occurs;
  std::span<const schema::Param> params;
  std::string_view later;  ///< not empty: what the whole section is for, when that is not there yet
};

/// [milter], [[archive]], [directory], [trace], [metrics], [log].
std::span<const Section> sections();
const Section& section(std::string_view name);

}  // namespace pams::milter
