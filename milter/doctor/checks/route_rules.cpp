#include "milter/doctor/checks/route_rules.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <unistd.h>

#include "milter/doctor/checks/sendmail_answers.hpp"
#include "milter/routing/postfix_settings.hpp"
#include "milter/routing/route.hpp"
#include "milter/seal/carrier.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

/// The flag in the letter cases that mail programs write.
std::vector<std::string> flag_headers(const std::string& name) {
  std::string upper = name;
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return {name + ": x",  text::to_lower(name) + ": x", upper + ": x", upper + ":",
          name + ":0.b", name + ":\n  folded.value"};
}

/// What the list does instead of turning `header` into `action`; nullopt when it does that.
Result<std::optional<std::string>> deviation(const mta::Mta& mta, const std::string& maps,
                                             const std::string& header, const std::string& action) {
  const auto answer = first_answer(mta, maps, header);
  if (!answer) return tl::unexpected(answer.error());
  if (!*answer) return "no table in '" + maps + "' answers to '" + header + "'";
  if ((*answer)->action == action) return std::nullopt;
  return (*answer)->map + " answers '" + header + "' with '" + (*answer)->action + "', not '" + action + "'";
}

Result<std::optional<std::string>> guard_fault_in(const Examination& examination,
                                                  const mta::PostfixServices& services,
                                                  const std::string& maps) {
  for (const auto& header : flag_headers(examination.config.policy.pams.header)) {
    const auto answer = first_answer(examination.mta, maps, header);
    if (!answer) return tl::unexpected(answer.error());
    if (!*answer) return "no table of header_checks catches '" + header + "'";
    if (!(*answer)->action.starts_with("FILTER retry:"))
      return (*answer)->map + " answers '" + header + "' with '" + (*answer)->action + "', not FILTER retry:";
  }
  return sealed_fault(examination, services, maps);
}

}  // namespace

Finding ok(std::string seen) { return {.status = CheckStatus::Ok, .seen = std::move(seen), .remedy = ""}; }
Finding warn(std::string seen, std::string remedy) {
  return {.status = CheckStatus::Warn, .seen = std::move(seen), .remedy = std::move(remedy)};
}
Finding failed(std::string seen, std::string remedy) {
  return {.status = CheckStatus::Fail, .seen = std::move(seen), .remedy = std::move(remedy)};
}

Finding unanswered(const Error& error) {
  auto finding = failed(error.what, "");
  finding.doubt = error.failure == Failure::Temporary ? Doubt::Late : Doubt::Unanswered;
  return finding;
}

Finding unread(const Examination& examination, const std::string& file, const Error& error) {
  auto finding = unanswered(error);
  const auto problem = reading_problem(file);
  if (!problem) return finding;
  finding.seen = problem->text();
  finding.cause = cause_of(*problem);
  if (problem->error == EACCES)
    may_not_read(*problem, finding);
  else if (problem->error == ENOENT)
    finding.remedy = remedy_for_missing(examination, problem->path);
  return finding;
}

Finding not_attempted(const Attempt& attempt) {
  auto finding = failed(attempt.why, "pamsctl doctor, as root");
  finding.doubt = attempt.doubt;
  return finding;
}

Finding no_account(const Error& error) {
  auto finding =
      warn(error.what, "adduser --system --group --no-create-home --home /var/lib/pams-milter pams-milter");
  finding.cause = "no user";
  return finding;
}

Finding no_transport(const rules::OutboundConnector& connector) {
  auto finding = failed(connector.transport + "/unix is not in master.cf", kSetup);
  finding.cause = finding.seen;
  return finding;
}

void may_not_read(const Problem& problem, Finding& finding) {
  const Account self{"", geteuid(), getegid(), {}, ""};
  finding.doubt = Doubt::NotAllowed;
  finding.seen = "this user may not read " + problem.text();
  finding.remedy = remedy_for(problem, self, Wanted::ReadFile);
}

std::string remedy_for_missing(const Examination& examination, const std::string& file) {
  if (examination.sendmail != nullptr) return kSendmailSetup;
  if (is_own_table(examination, file)) return kSetup;
  const auto& directory = examination.mta.config_directory();
  if (file == directory + "/main.cf" || file == directory + "/master.cf")
    return "restore " + file + " from a backup, or set [milter] postfix_config to Postfix's directory";
  return "restore " + file +
         ", or take it out of the parameter in main.cf that names it; then postfix reload";
}

bool is_own_table(const Examination& examination, const std::string& file) {
  const auto& directory = examination.mta.config_directory();
  return std::ranges::any_of(std::array{routing::kGuardTable, routing::kSealedTable, routing::kSmtpGuardTable,
                                        routing::kStatusTable},
                             [&](const char* name) { return file == directory + "/" + name; });
}

Result<std::optional<RouteAnswer>> first_answer(const mta::Mta& mta, const std::string& maps,
                                                const std::string& header) {
  for (const auto& map : mta::split_list(maps)) {
    auto action = mta.lookup(map, header);
    if (!action) return tl::unexpected(action.error());
    if (*action) return RouteAnswer{map, std::move(**action)};
  }
  return std::nullopt;
}

Result<std::optional<std::string>> guard_fault(const Examination& examination,
                                               const mta::PostfixServices& services,
                                               const mta::Service& listener) {
  const auto options = services.value(listener, "receive_override_options");
  if (!options) return tl::unexpected(options.error());
  if (holds_word(*options, "no_header_body_checks"))
    return "no_header_body_checks switches the guard rules in header_checks off";
  const auto cleanup = services.cleanup_of(listener);
  if (!cleanup) return tl::unexpected(cleanup.error());
  if (*cleanup == nullptr) return "its cleanup_service_name is not in master.cf";
  const auto maps = services.value(**cleanup, "header_checks");
  if (!maps) return tl::unexpected(maps.error());
  return guard_fault_in(examination, services, *maps);
}

std::vector<std::string> sealed_headers(const std::string& transport) {
  const auto value = seal::to_value({std::string(32, 'a'), std::string(16, 'b'), transport});
  const auto name = std::string(seal::kSealedHeader) + ": ";
  return {name + value, name + text::replace_all(value, "; ", ";\n ")};
}

Result<std::optional<std::string>> sealed_fault(const Examination& examination,
                                                const mta::PostfixServices& services,
                                                const std::string& maps) {
  const auto relay =
      routing::relay_address(examination.config.settings.relay.listen, services.queue_directory());
  const auto& pams = examination.config.policy.pams;
  const auto* flagged = examination.config.policy.connector(pams.connector);
  std::vector<std::pair<std::string, const rules::OutboundConnector*>> wanted{
      {examination.connector.transport, &examination.connector}};
  if (flagged != nullptr) wanted.emplace_back("pams-none", flagged);
  for (const auto& [transport, connector] : wanted)
    for (const auto& header : sealed_headers(transport)) {
      auto fault = deviation(examination.mta, maps, header, routing::route_action(*connector, relay));
      if (!fault || *fault) return fault;
    }
  return std::nullopt;
}

std::string setup_without_override(const mta::PostfixServices& services, const mta::Service& service,
                                   const std::string& parameter) {
  if (!services.overrides(service, parameter)) return kSetup;
  return "postconf -PX " + service.key() + "/" + parameter + " && " + kSetup;
}

std::string remedy_without_option(const mta::PostfixServices& services, const mta::Service& service,
                                  const std::string& option) {
  const std::string name = "receive_override_options";
  std::vector<std::string> others;
  for (const auto& word : mta::split_list(services.value(service, name).value_or("")))
    if (!text::iequals(word, option)) others.push_back(word);
  const bool own = services.overrides(service, name);
  const auto place = own ? service.key() + "/" + name : name;
  const auto command = others.empty() ? (own ? "postconf -PX " : "postconf -X ") + place
                                      : (own ? "postconf -P '" : "postconf -e '") + place + "=" +
                                            text::join(others, ",") + "'";
  return command + " && postfix reload";
}

bool holds_word(const std::string& list, const std::string& word) {
  return std::ranges::any_of(mta::split_list(list),
                             [&](const std::string& element) { return text::iequals(element, word); });
}

}  // namespace pams::milter::doctor
