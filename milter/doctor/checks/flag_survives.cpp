// header_checks and message_drop_headers work before the milter: what they take from a message the milter
// never sees, and a flagged message without its flag leaves like any other. Such a rule may know real values
// only, and long ones at that; so it is asked about values as long as they are.
#include <array>

#include "milter/config/files.hpp"
#include "milter/doctor/checks/flag_rules.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/postfix/table_name.hpp"
#include "milter/routing/postfix_settings.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

/// To where Postfix cuts a field (header_size_limit, 102400).
constexpr std::array<std::size_t, 7> kLengths{1, 40, 200, 900, 4000, 20000, 90000};

/// Words of letters and digits with dots between them, `length` characters long.
std::string value_of(std::size_t length) {
  static constexpr std::string_view kLetters = "7f3a9c02e5b14d68";
  std::string value;
  for (std::size_t at = 0; at < length; ++at)
    value += at % 32 == 31 && at + 1 < length ? '.' : kLetters[(at * 7 + at / 16) % kLetters.size()];
  return value;
}

std::vector<std::string> probes(const std::string& flag) {
  std::vector<std::string> values{"",
                                  "yes",
                                  "true",
                                  "5e1f0c9a-7b42-4d3e-9a61-0c8d2b7f4e15.zivver.com",
                                  "RXhhbXBsZSB2YWx1ZQ+/abc==",
                                  "ann@client.example;+31612345678"};
  for (const auto length : kLengths) {
    values.push_back(value_of(length));
    values.push_back(value_of(length / 2 + 1) + "\n " + value_of(length / 2 + 1));
  }
  values.push_back("\n  " + value_of(40));
  for (auto& value : values) value = flag + ": " + value;
  return values;
}

/// Tables after the guard rules are not asked about the flag.
Finding examine_rules(const std::string& flag, const std::string& directory, const std::string& maps) {
  for (const auto& map : mta::split_list(maps))
    for (const auto& table : mta::tables_of(map)) {
      if (table.rest == directory + "/" + routing::kGuardTable) return ok("");
      if (!table.has_rules_as_text())
        return failed("nobody can list the rules of " + table.name() + ", and one may take the flag away",
                      "write its rules into a pcre: or regexp: table, and take it out of header_checks");
      const auto content = table.stands_in_main() ? Result<std::string>(table.rest) : read_file(table.rest);
      if (!content) continue;  // Postfix is asked, who tells what is wrong with it
      if (const auto rule = rule_against(flag, *content))
        return failed(table.name() + " has '" + *rule + "'", "take that rule out of " + table.name());
    }
  return ok("");
}

Finding examine_tables(const Examination& examination, const mta::Service& cleanup, const std::string& maps) {
  for (const auto& header : probes(examination.config.policy.pams.header)) {
    const auto answer = first_answer(examination.mta, maps, header);
    if (!answer) return unanswered(answer.error());
    if (*answer && takes_away((*answer)->action))
      return failed(cleanup.key() + ": " + (*answer)->map + " answers '" + header.substr(0, 60) + "' with '" +
                        (*answer)->action + "'",
                    "take that rule out of " + (*answer)->map +
                        "; [pams] untrusted = \"strip\" takes the flag from mail of strangers");
  }
  return ok("");
}

Finding examine(const Examination& examination, const mta::PostfixServices& services,
                const mta::Service& cleanup) {
  const auto values = services.values(cleanup, {"message_drop_headers", "header_checks"});
  if (!values) return unanswered(values.error());
  if (const auto& dropped = values->at("message_drop_headers");
      holds_word(dropped, examination.config.policy.pams.header))
    return failed(cleanup.key() + ": message_drop_headers is '" + dropped + "'",
                  services.overrides(cleanup, "message_drop_headers")
                      ? "postconf -PX " + cleanup.key() + "/message_drop_headers && postfix reload"
                      : "postconf -X message_drop_headers && postfix reload");
  const auto& maps = values->at("header_checks");
  if (auto finding =
          examine_rules(examination.config.policy.pams.header, examination.mta.config_directory(), maps);
      finding.status != CheckStatus::Ok)
    return finding;
  return examine_tables(examination, cleanup, maps);
}

Finding run(const Examination& examination) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  const auto& cleanups = examination.postfix.cleanups();
  if (!cleanups) return unanswered(cleanups.error());
  for (const auto* cleanup : *cleanups)
    if (const auto finding = examine(examination, *services, *cleanup); finding.status != CheckStatus::Ok)
      return finding;
  return ok("nothing takes " + examination.config.policy.pams.header + " from a message before the milter");
}

}  // namespace

extern constinit const Check flag_survives{
    .id = "flag_survives",
    .why = "A flagged message without its flag leaves in clear: all mail to the outside waits.",
    .guards_routing = true,
    .guards_all_mail = true,
    .run = run,
};

}  // namespace pams::milter::doctor
