#include <algorithm>
#include <array>

#include "milter/config/files.hpp"
#include "milter/connector/route.hpp"
#include "milter/doctor/route_rules.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

const std::vector<std::string> kParameters{"milter_header_checks", "header_checks", "mime_header_checks",
                                           "nested_header_checks", "body_checks"};

/// Tables whose actions stand in the file as text.
bool is_text_table(std::string_view map) {
  static constexpr std::array<std::string_view, 4> kTypes{"pcre:", "regexp:", "texthash:", "cidr:"};
  return std::ranges::any_of(kTypes, [&](std::string_view type) { return map.starts_with(type); });
}

bool is_ours(const Examination& examination, std::string_view action) {
  return action == kNetAction ||
         std::ranges::any_of(examination.config.policy.connectors,
                             [&](const auto& connector) { return action == route_action(connector); });
}

/// The first FILTER action of `table` that is not ours; "" when there is none.
std::string foreign_filter(const Examination& examination, std::string_view table) {
  for (const auto raw : text::split(table, '\n')) {
    if (raw.starts_with('#')) continue;
    const auto line = text::replace_all(raw, "\t", " ");
    const auto at = text::to_lower(line).find(" filter ");
    if (at == std::string::npos) continue;
    const auto action = text::trim(std::string_view(line).substr(at));
    if (!is_ours(examination, action)) return std::string(action);
  }
  return "";
}

Finding examine(const Examination& examination, const std::string& parameter, std::string map) {
  if (map.starts_with("proxy:")) map.erase(0, 6);
  if (!is_text_table(map)) return ok("");
  const auto path = map.substr(map.find(':') + 1);
  Result<std::string> table = path;  // pcre:{ {/^X:/ FILTER …} } stands in main.cf itself
  if (!path.starts_with('{')) table = read_file(path);
  if (!table) return unanswered(table.error());
  const auto action = foreign_filter(examination, *table);
  if (action.empty()) return ok("");
  return failed(parameter + ": " + map + " has '" + action + "'",
                "move that rule to an smtpd access table (check_…_access): a FILTER there comes before ours");
}

Finding run(const Examination& examination) {
  const auto gateway = Gateway::read(examination.mta);
  if (!gateway) return unanswered(gateway.error());
  const auto cleanups = gateway->cleanups();
  if (!cleanups) return unanswered(cleanups.error());
  for (const auto* cleanup : *cleanups) {
    const auto values = gateway->values(*cleanup, kParameters);
    if (!values) return unanswered(values.error());
    for (const auto& [parameter, maps] : *values)
      for (const auto& map : split_list(maps))
        if (const auto finding = examine(examination, parameter, map); finding.status != CheckStatus::Ok)
          return finding;
  }
  return ok("no other rule reroutes mail");
}

}  // namespace

extern const Check other_filters;
const Check other_filters{
    "other_filters",
    "Of several FILTER actions Postfix obeys the last: the site's would undo the connector's.", true, run};

}  // namespace pams::milter::doctor
