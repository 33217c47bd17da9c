#include "rules/load.hpp"

#include "rules/load/sections.hpp"
#include "rules/schema/find_tables.hpp"

namespace pams::rules {
namespace {

constexpr std::string_view kSections[] = {"organization",       "trust",          "pams",    "limits",
                                          "outbound_connector", "transport_rule", "journal", "journal_rule"};

/// The section that stands once; where nobody wrote it an empty one, so that the defaults hold.
schema::Value only(std::span<const schema::Value> files, std::string_view name, Diagnostics& diagnostics) {
  const auto found = schema::find_tables(files, name, schema::Occurs::Once, diagnostics);
  if (!found.empty()) return *found.front();
  return {schema::Table{}, files.empty() ? Location{} : files.front().at()};
}

std::vector<const schema::Value*> all(std::span<const schema::Value> files, std::string_view name,
                                      Diagnostics& diagnostics) {
  return schema::find_tables(files, name, schema::Occurs::Repeatedly, diagnostics);
}

}  // namespace

std::span<const std::string_view> policy_sections() { return kSections; }

std::vector<TableKeys> policy_tables() {
  return {{"[organization]", organization_params()},
          {"[trust]", trust_params()},
          {"[[trust.exchange_online]]", exchange_online_params()},
          {"[pams]", pams_params()},
          {"[[outbound_connector]]", connector_params()},
          {"[[transport_rule]]", rule_params()},
          {"[journal]", journal_params()},
          {"[[journal_rule]]", journal_rule_params()},
          {"[limits]", limits_params()}};
}

std::optional<Policy> load_policy(std::span<const schema::Value> files, std::span<const std::string> archives,
                                  const schema::Files& reader, Diagnostics& diagnostics) {
  const auto errors_before = diagnostics.errors();
  const Reading reading{reader, diagnostics};
  Policy policy;
  read_organization(only(files, "organization", diagnostics), reading, policy.organization);
  read_trust(only(files, "trust", diagnostics), reading, policy.trust);
  read_limits(only(files, "limits", diagnostics), reading, policy.limits);
  for (const auto* table : all(files, "outbound_connector", diagnostics))
    read_connector(*table, reading, policy.connectors);
  read_pams(only(files, "pams", diagnostics), reading, policy);
  read_journal(only(files, "journal", diagnostics), all(files, "journal_rule", diagnostics), reading, policy);
  // Last: rules name connectors, archives and the flag.
  Names names{policy, archives};
  std::vector<TransportRule> rules;
  for (const auto* table : all(files, "transport_rule", diagnostics))
    read_rule(*table, reading, names, rules);
  policy.rules = std::move(rules);
  if (diagnostics.errors() > errors_before) return std::nullopt;
  return policy;
}

}  // namespace pams::rules
