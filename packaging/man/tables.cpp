#include "packaging/man/tables.hpp"

#include <stdexcept>

#include <nlohmann/json.hpp>

#include "milter/config/sections.hpp"
#include "milter/doctor/check.hpp"
#include "milter/log/log.hpp"
#include "milter/metrics/metric.hpp"
#include "packaging/man/command_table.hpp"
#include "rules/actions/action.hpp"
#include "rules/base/text.hpp"
#include "rules/conditions/condition.hpp"
#include "rules/load.hpp"

namespace pams::manual {
namespace {

using schema::Param;
using schema::Type;

std::string choices_of(const Param& param) {
  std::string out;
  for (const auto& choice : param.choices)
    out += std::string(out.empty() ? "" : " or ") + "`\"" + std::string(choice) + "\"`";
  return out;
}

std::string type_of(const Param& param) {
  switch (param.type) {
    case Type::Text:
      return "text";
    case Type::Words:
      return "list of texts";
    case Type::Patterns:
      return "list of RE2 patterns";
    case Type::Addresses:
      return "list of addresses";
    case Type::Domains:
      return "list of domains";
    case Type::Networks:
      return "list of networks";
    case Type::Choice:
      return choices_of(param);
    case Type::Bool:
      return "`true` or `false`";
    case Type::Integer:
      return "number";
    case Type::Size:
      return "size";
    case Type::Duration:
      return "duration";
    case Type::DateTime:
      return "date and time";
    case Type::File:
      return "file, which is read";
    case Type::Path:
      return "path";
  }
  throw std::logic_error("a type without a name");
}

/// The key; type, whether it must be there, default, meaning.
std::string row(const Param& param) {
  std::string out = "`" + std::string(param.key) + "`\n: " + type_of(param);
  if (param.required) out += "; required";
  if (!param.fallback.empty()) out += "; default `" + std::string(param.fallback) + "`";
  if (!param.later.empty()) out += "; not available in this version";
  return out + ". " + std::string(param.doc) + "\n";
}

std::string rows(std::span<const Param> params) {
  std::string out;
  for (const auto& param : params) out += row(param);
  return out;
}

/// Heading -> keys of every table of the configuration, in the order in which it is read.
std::vector<std::pair<std::string, std::string>> tables() {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& section : milter::sections())
    out.emplace_back(schema::heading(section.name, section.occurs),
                     section.later.empty()
                         ? rows(section.params)
                         : std::string(section.later) + ": not available in this version.\n");
  for (const auto& table : rules::policy_tables())
    out.emplace_back(std::string(table.heading), rows(table.params));
  return out;
}

std::string keys_of(std::string_view heading) {
  for (const auto& [name, keys] : tables())
    if (name == heading) return keys;
  throw std::runtime_error("the configuration has no table " + std::string(heading));
}

/// Those that have no place of their own on `page`, nor on the page about rules.
std::string other_keys(std::string_view page) {
  std::string out;
  for (const auto& [name, keys] : tables())
    if (page.find("@keys " + name + "@") == std::string_view::npos && !name.ends_with("_rule]]"))
      out += "## " + name + "\n" + keys;
  return out;
}

std::string one_line(std::string_view message) { return text::replace_all(message, "\n", "\\n"); }

template <class Row>
std::string heading_of(const Row& entry) {
  std::string out = "## " + std::string(entry.name) + "\n" + std::string(entry.summary);
  if (!entry.exchange.empty()) out += " In Exchange: " + std::string(entry.exchange) + ".";
  return out + "\n" + rows(entry.params);
}

/// What it is asked about: the message, and what is not as in most examples.
std::string asked_about(const rules::Example& example) {
  constexpr rules::Example kUsual{"", "", true};
  auto out = one_line(example.message);
  if (example.sender != kUsual.sender) out += " from " + std::string(example.sender);
  if (example.recipients != kUsual.recipients) out += " to " + std::string(example.recipients);
  if (example.client != kUsual.client) out += " handed in by " + std::string(example.client);
  return out;
}

std::string conditions() {
  std::string out;
  for (const auto* condition : rules::conditions()) {
    out += heading_of(*condition) + "\n";
    for (const auto& example : condition->examples)
      out += "    " + std::string(condition->name) + " = " + std::string(example.toml) + "\n      " +
             (example.matches ? "holds for: " : "does not hold for: ") + asked_about(example) + "\n";
  }
  return out;
}

std::string actions() {
  std::string out;
  for (const auto* action : rules::actions()) {
    out += heading_of(*action) + "\n";
    for (const auto& example : action->examples)
      out += "    " + std::string(action->name) + " = " + std::string(example.toml) + "\n";
  }
  return out;
}

constexpr std::string_view kLevels[] = {"debug", "info", "warning", "error", "critical"};

std::string events() {
  std::string out;
  for (const auto* event : milter::log::events()) {
    out += "`" + std::string(event->name) + "` (" +
           std::string(kLevels[static_cast<std::size_t>(event->level)]) +
           ")\n: " + std::string(event->meaning);
    out += event->remedy.empty() ? "\n" : " What to do: " + std::string(event->remedy) + "\n";
  }
  return out;
}

std::string_view kind_of(milter::metrics::Metric::Type type) {
  switch (type) {
    case milter::metrics::Metric::Type::Counter:
      return "counter";
    case milter::metrics::Metric::Type::Gauge:
      return "gauge";
    case milter::metrics::Metric::Type::Histogram:
      return "histogram";
  }
  throw std::logic_error("a type without a name");
}

std::string metrics() {
  std::string out;
  for (const auto* metric : milter::metrics::all_metrics())
    out += "`" + std::string(metric->name) + "` (" + std::string(kind_of(metric->type)) +
           ")\n: " + std::string(metric->help) + "\n";
  return out;
}

std::string_view mta_of(const milter::doctor::Check& check) {
  if (!check.only) return "";
  return *check.only == milter::MtaKind::Postfix ? " (Postfix)" : " (Sendmail)";
}

std::string checks() {
  std::string out;
  for (const auto* check : milter::doctor::checks()) {
    out +=
        "`" + std::string(check->id) + "`" + std::string(mta_of(*check)) + "\n: " + std::string(check->why);
    if (check->guards_all_mail)
      out += " While it fails, all mail of trusted peers to the outside waits.";
    else if (check->guards_routing)
      out += " While it fails, flagged mail waits.";
    out += "\n";
  }
  return out;
}

std::string table_of(std::string_view name, std::string_view page, const nlohmann::json& commands) {
  if (name.starts_with("keys ")) return keys_of(name.substr(5));
  if (name == "other_keys") return other_keys(page);
  if (name == "conditions") return conditions();
  if (name == "actions") return actions();
  if (name == "events") return events();
  if (name == "metrics") return metrics();
  if (name == "checks") return checks();
  if (name == "commands") return command_table(commands);
  throw std::runtime_error("there is no table @" + std::string(name) + "@");
}

bool is_placeholder(std::string_view line) {
  return line.size() > 2 && line.starts_with('@') && line.ends_with('@');
}

}  // namespace

std::string with_tables(std::string_view page, const nlohmann::json& commands) {
  std::string out;
  for (const auto line : text::split(page, '\n'))
    out += (is_placeholder(line) ? table_of(line.substr(1, line.size() - 2), page, commands)
                                 : std::string(line)) +
           "\n";
  return out;
}

}  // namespace pams::manual
