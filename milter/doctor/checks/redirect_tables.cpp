#include "milter/doctor/checks/redirect_tables.hpp"

#include <algorithm>
#include <cerrno>

#include "milter/config/files.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/postfix/postfix_text.hpp"
#include "milter/mta/postfix/table_name.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

bool has_redirect(std::string_view content) {
  for (const auto line : text::split(content, '\n'))
    if (!line.starts_with('#') && text::to_lower(line).find("redirect") != std::string::npos) return true;
  return false;
}

std::string remedy_for(const mta::TableName& table, const std::string& file) {
  const auto source = read_file(table.rest);
  if (file != table.rest && source && !has_redirect(*source))
    return "postmap " + table.name() + " && postfix reload: " + file + " is older than its source";
  return "take the REDIRECT out of " + table.rest +
         (file == table.rest ? "" : " and postmap " + table.name()) +
         "; always_bcc and recipient_bcc_maps do no harm";
}

/// Database files hold their values as text, too; so all that a table could consist of is looked through.
Finding examine_file(const std::string& parameter, const mta::TableName& table) {
  bool found = false;
  for (const auto* suffix : {"", ".db", ".lmdb", ".cdb", ".dir", ".pag"}) {
    const auto file = table.rest + suffix;
    const auto content = read_file(file);
    if (const auto problem = content ? std::nullopt : reading_problem(file);
        problem && problem->error == EACCES) {
      auto finding = failed("", "");
      may_not_read(*problem, finding);
      return finding;
    }
    if (!content) continue;
    found = true;
    if (has_redirect(*content))
      return failed(parameter + ": " + file + " has a REDIRECT", remedy_for(table, file));
  }
  if (found) return ok("");
  auto finding = warn(parameter + ": nobody can list " + table.name(), "look for REDIRECT there");
  if (const auto problem = reading_problem(table.rest); problem && table.rest.starts_with('/'))
    finding.cause = cause_of(*problem);
  return finding;
}

Finding examine(const std::string& parameter, const mta::TableName& table) {
  const bool is_text = table.is_inline() || table.type == "static" || table.type == "inline";
  if (!is_text) return examine_file(parameter, table);
  if (!has_redirect(table.rest)) return ok("");
  return failed(parameter + " has a REDIRECT", "take the REDIRECT out of " + parameter);
}

bool names_a_table(const std::string& word) {
  const auto colon = word.find(':');
  return colon != std::string::npos && colon > 0 &&
         std::ranges::all_of(word.substr(0, colon), [](char c) { return text::is_alnum(c) || c == '_'; });
}

/// check_policy_service inet:host:port is a program and no table.
Finding examine_list(const std::string& parameter, const std::string& value) {
  Finding worst = ok("");
  std::string before;
  for (const auto& word : mta::split_list(value)) {
    const bool is_service = text::iequals(before, "check_policy_service");
    before = word;
    if (is_service || !names_a_table(word)) continue;
    for (const auto& table : mta::tables_of(word))
      if (auto finding = examine(parameter, table); finding.status > worst.status) worst = std::move(finding);
  }
  return worst;
}

}  // namespace

Finding find_redirect(const mta::PostfixServices& services, const mta::Service& service,
                      std::vector<std::string> names) {
  const auto classes = services.value(service, "smtpd_restriction_classes");
  if (!classes) return unanswered(classes.error());
  for (const auto& own : mta::split_list(*classes)) names.push_back(own);
  const auto values = services.values(service, names);
  if (!values) return unanswered(values.error());
  Finding worst = ok("");
  for (const auto& [name, value] : *values)
    if (auto finding = examine_list(name, value); finding.status > worst.status) worst = std::move(finding);
  return worst;
}

}  // namespace pams::milter::doctor
