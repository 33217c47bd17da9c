#include <algorithm>

#include "milter/config/files.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/postfix/table_name.hpp"
#include "milter/routing/route.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

const std::vector<std::string> kParameters{"milter_header_checks", "header_checks", "mime_header_checks",
                                           "nested_header_checks", "body_checks"};

/// The actions that may reroute mail.
std::vector<std::string> our_actions(const Examination& examination, const mta::PostfixServices& services) {
  const auto relay =
      routing::relay_address(examination.config.settings.relay.listen, services.queue_directory());
  std::vector<std::string> actions{routing::kGuardAction, routing::kFormerGuardAction};
  for (const auto& connector : examination.config.policy.connectors)
    actions.push_back(routing::route_action(connector, relay));
  return actions;
}

/// The first FILTER action of `table` that is not one of `ours`; nullopt when there is none.
std::optional<std::string> foreign_filter(const std::vector<std::string>& ours, std::string_view table) {
  for (const auto raw : text::split(table, '\n')) {
    if (raw.starts_with('#')) continue;
    const auto line = text::replace_all(raw, "\t", " ");
    const auto at = text::to_lower(line).find(" filter ");
    if (at == std::string::npos) continue;
    const auto action = text::trim(std::string_view(line).substr(at));
    if (std::ranges::find(ours, action) == ours.end()) return std::string(action);
  }
  return std::nullopt;
}

Finding examine(const Examination& examination, const std::vector<std::string>& ours,
                const std::string& parameter, const mta::TableName& table) {
  if (!table.has_rules_as_text())
    return failed(parameter + ": nobody can list the rules of " + table.name() + ", and one may reroute mail",
                  "write its rules into a pcre: or regexp: table, and take it out of " + parameter);
  // pcre:{ {/^X:/ FILTER …} } stands in main.cf itself
  const auto content = table.stands_in_main() ? Result<std::string>(" " + table.rest) : read_file(table.rest);
  if (!content) return unread(examination, table.rest, content.error());
  const auto action = foreign_filter(ours, *content);
  if (!action) return ok("");
  if (is_own_table(examination, table.rest))
    return failed(
        parameter + ": " + table.name() + " is not what this configuration needs: it has '" + *action + "'",
        kSetup);
  return failed(parameter + ": " + table.name() + " has '" + *action + "'",
                "move that rule to an smtpd access table (check_…_access): a FILTER there comes before ours");
}

Finding run(const Examination& examination) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  const auto& cleanups = examination.postfix.cleanups();
  if (!cleanups) return unanswered(cleanups.error());
  const auto ours = our_actions(examination, *services);
  for (const auto* cleanup : *cleanups) {
    const auto values = services->values(*cleanup, kParameters);
    if (!values) return unanswered(values.error());
    for (const auto& [parameter, maps] : *values)
      for (const auto& map : mta::split_list(maps))
        for (const auto& table : mta::tables_of(map))
          if (const auto finding = examine(examination, ours, parameter, table);
              finding.status != CheckStatus::Ok)
            return finding;
  }
  return ok("no other rule reroutes mail");
}

}  // namespace

extern constinit const Check other_filters{
    .id = "other_filters",
    .why = "Of several FILTER actions Postfix obeys the last: the site's would undo the connector's.",
    .guards_routing = true,
    .run = run,
};

}  // namespace pams::milter::doctor
