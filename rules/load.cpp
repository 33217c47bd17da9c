#include "rules/load.hpp"

#include <algorithm>

#include "rules/load/sections.hpp"

namespace pams::rules {
namespace {

constexpr std::string_view kSections[] = {"organization",       "trust",          "pams",    "limits",
                                          "outbound_connector", "transport_rule", "journal", "journal_rule"};

/// The only place of a section that may stand once; what stands there when nobody wrote it: nothing, so that
/// the defaults hold.
schema::Value only(std::span<const schema::Value> files, std::string_view key, Diagnostics& diagnostics) {
  const schema::Value* first = nullptr;
  for (const auto& file : files) {
    const auto* section = file.find(key);
    if (section != nullptr && first != nullptr)
      diagnostics.error(section->at(),
                        "[" + std::string(key) + "] stands in " + first->at().source->name + " already");
    else if (section != nullptr)
      first = section;
  }
  if (first != nullptr) return *first;
  return {schema::Table{}, files.empty() ? Location{} : files.front().at()};
}

/// Every table of [[key]], in the order of the files.
std::vector<const schema::Value*> all(std::span<const schema::Value> files, std::string_view key,
                                      const Reading& reading) {
  std::vector<const schema::Value*> found;
  for (const auto& file : files)
    if (const auto* section = file.find(key))
      for (const auto* table : tables_of(*section, "[[" + std::string(key) + "]]", reading))
        found.push_back(table);
  return found;
}

}  // namespace

std::span<const std::string_view> policy_sections() { return kSections; }

std::optional<Policy> load_policy(std::span<const schema::Value> files, std::span<const std::string> archives,
                                  const schema::Files& reader, Diagnostics& diagnostics) {
  const auto errors_before = diagnostics.errors();
  const Reading reading{reader, diagnostics};
  Policy policy;
  read_organization(only(files, "organization", diagnostics), reading, policy.organization);
  read_trust(only(files, "trust", diagnostics), reading, policy.trust);
  read_limits(only(files, "limits", diagnostics), reading, policy.limits);
  for (const auto* table : all(files, "outbound_connector", reading))
    read_connector(*table, reading, policy.connectors);
  read_pams(only(files, "pams", diagnostics), reading, policy);
  read_journal(only(files, "journal", diagnostics), all(files, "journal_rule", reading), reading, policy);
  // Last: rules name connectors, archives and the flag.
  Names names{policy, archives};
  std::vector<TransportRule> rules;
  for (const auto* table : all(files, "transport_rule", reading)) read_rule(*table, reading, names, rules);
  policy.rules = std::move(rules);
  if (diagnostics.errors() > errors_before) return std::nullopt;
  return policy;
}

}  // namespace pams::rules
