/// One function per section of the configuration: its values -> the part of the Policy that it describes.
/// What is wrong is reported at its place, and the rest is read all the same. Internal to load_policy; any
/// thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rules/policy/policy.hpp"
#include "rules/schema/read.hpp"

namespace pams::rules {

/// What every section's reader needs.
struct Reading {
  const schema::Files& files;
  Diagnostics& diagnostics;

  std::optional<schema::Args> table(const schema::Value& value, std::span<const schema::Param> params,
                                    std::string_view what) const {
    return schema::read_table(value, params, what, files, diagnostics);
  }
  void error(const Location& at, std::string text) const { diagnostics.error(at, std::move(text)); }
};

/// What a rule may name, and what the rules before it have named.
struct Names {
  const Policy& policy;  ///< all but its rules
  std::span<const std::string> archives;
  std::vector<std::pair<std::string, std::string>> routes{};  ///< enforced rule -> connector
  std::uint64_t hook_seconds = 0;  ///< that one message may wait for hooks, if it meets all of them
};

void read_organization(const schema::Value& section, const Reading& reading, Organization& organization);
void read_trust(const schema::Value& section, const Reading& reading, Trust& trust);
void read_limits(const schema::Value& section, const Reading& reading, Limits& limits);
/// The connectors are read before: pams.connector must be one that verifies its smart host.
void read_pams(const schema::Value& section, const Reading& reading, Policy& policy);
void read_connector(const schema::Value& table, const Reading& reading,
                    std::vector<OutboundConnector>& connectors);
void read_rule(const schema::Value& table, const Reading& reading, Names& names,
               std::vector<TransportRule>& rules);

/// [journal] and every [[journal_rule]]. The connectors, the organization and [pams] are read before.
void read_journal(const schema::Value& section, std::span<const schema::Value* const> rules,
                  const Reading& reading, Policy& policy);

/// "there is no archive 'x'; did you mean 'y'?"
std::string nothing_named(std::string_view kind, const std::string& name, std::span<const std::string> known);
std::vector<std::string> names_of(const std::vector<OutboundConnector>& connectors);

/// What may be written in each section, for the manual.
std::span<const schema::Param> organization_params();
std::span<const schema::Param> trust_params();
std::span<const schema::Param> exchange_online_params();
std::span<const schema::Param> limits_params();
std::span<const schema::Param> pams_params();
std::span<const schema::Param> connector_params();
std::span<const schema::Param> journal_params();
std::span<const schema::Param> journal_rule_params();
/// Without `if`, `except_if` and `do`.
std::span<const schema::Param> rule_params();

/// The table without those keys, for what is read apart.
schema::Value without_keys(const schema::Value& table, std::span<const std::string_view> keys);

}  // namespace pams::rules
