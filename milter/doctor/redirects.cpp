// REDIRECT (access(5), header_checks(5)) sends a message to another address, and Postfix's queue manager then
// forgets every FILTER: the milter's and the net's. Run: with all else in order the message went that way. In
// header_checks it also ends all filtering of that message: the milter is not asked any more.
#include <algorithm>

#include "milter/config/files.hpp"
#include "milter/connector/postfix_text.hpp"
#include "milter/doctor/doors.hpp"
#include "milter/doctor/route_rules.hpp"
#include "milter/doctor/tables.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

const std::vector<std::string> kAccess{"smtpd_client_restrictions",     "smtpd_helo_restrictions",
                                       "smtpd_sender_restrictions",     "smtpd_relay_restrictions",
                                       "smtpd_recipient_restrictions",  "smtpd_data_restrictions",
                                       "smtpd_end_of_data_restrictions"};
const std::vector<std::string> kContent{"milter_header_checks", "header_checks", "mime_header_checks",
                                        "nested_header_checks", "body_checks"};

bool has_redirect(std::string_view content) {
  for (const auto line : text::split(content, '\n'))
    if (!line.starts_with('#') && text::to_lower(line).find("redirect") != std::string::npos) return true;
  return false;
}

/// Database files hold their values as text, too; so all that a table could consist of is looked through.
Finding examine_file(const std::string& parameter, const Table& table) {
  bool found = false;
  for (const auto* suffix : {"", ".db", ".lmdb", ".cdb", ".dir", ".pag"}) {
    const auto content = read_file(table.rest + suffix);
    if (!content && content.error().what.find("Permission denied") != std::string::npos)
      return unanswered(content.error());
    if (!content) continue;
    found = true;
    if (has_redirect(*content))
      return failed(
          parameter + ": " + table.rest + suffix + " has a REDIRECT",
          "take the REDIRECT out of " + table.rest + "; always_bcc and recipient_bcc_maps do no harm");
  }
  return found ? ok("") : warn(parameter + ": nobody can list " + table.name(), "look for REDIRECT there");
}

Finding examine(const std::string& parameter, const Table& table) {
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
  for (const auto& word : split_list(value)) {
    const bool is_service = text::iequals(before, "check_policy_service");
    before = word;
    if (is_service || !names_a_table(word)) continue;
    for (const auto& table : tables_of(word))
      if (auto finding = examine(parameter, table); finding.status > worst.status) worst = std::move(finding);
  }
  return worst;
}

Finding examine_service(const Gateway& gateway, const Service& service, std::vector<std::string> names) {
  const auto classes = gateway.value(service, "smtpd_restriction_classes");
  if (!classes) return unanswered(classes.error());
  for (const auto& own : split_list(*classes)) names.push_back(own);
  const auto values = gateway.values(service, names);
  if (!values) return unanswered(values.error());
  Finding worst = ok("");
  for (const auto& [name, value] : *values)
    if (auto finding = examine_list(name, value); finding.status > worst.status) worst = std::move(finding);
  return worst;
}

Finding run(const Examination& examination) {
  const auto gateway = Gateway::read(examination.mta);
  if (!gateway) return unanswered(gateway.error());
  const auto cleanups = gateway->cleanups();
  if (!cleanups) return unanswered(cleanups.error());
  Finding sum;
  for (const auto* listener : gateway->listeners())
    if (listener->command == "smtpd") add(sum, *listener, examine_service(*gateway, *listener, kAccess));
  for (const auto* cleanup : *cleanups) add(sum, *cleanup, examine_service(*gateway, *cleanup, kContent));
  if (sum.status == CheckStatus::Ok) sum.seen = "no table redirects mail";
  return sum;
}

}  // namespace

extern const Check redirects;
const Check redirects{"redirects",
                      "A redirected message forgets its route, the net's too: it is sent to people, unread.",
                      true, run};

}  // namespace pams::milter::doctor
