/// Configuration values -> Policy: [organization], [trust], [pams], [[outbound_connector]],
/// [[transport_rule]], [limits], [journal], [[journal_rule]]. Every mistake is reported at its place, also
/// across files (a rule that names a connector or archive that nobody defines). Pure: files are read through
/// `schema::Files`. Any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rules/base/diagnostic.hpp"
#include "rules/policy/policy.hpp"
#include "rules/schema/read.hpp"

namespace pams::rules {

/// The top-level keys that load_policy reads; the others are the caller's ([milter], [[archive]], [log],
/// ...).
std::span<const std::string_view> policy_sections();

/// The keys of one table of the configuration, for the manual.
struct TableKeys {
  std::string_view heading;  ///< as it is written: "[trust]", "[[transport_rule]]"
  std::span<const schema::Param> params;
};
/// Every table that load_policy reads. What a rule's `if`, `except_if` and `do` hold is in conditions() and
/// actions().
std::vector<TableKeys> policy_tables();

/// `files` in order: the main file, then its includes; sections that may stand only once are an error the
/// second time. `archives`: the names that [[archive]] defines, for `archive = { to = … }`. On errors:
/// reported, and no Policy.
std::optional<Policy> load_policy(std::span<const schema::Value> files, std::span<const std::string> archives,
                                  const schema::Files& reader, Diagnostics& diagnostics);

}  // namespace pams::rules
