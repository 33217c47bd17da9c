// What Postfix itself writes to its log before the milter seals a message (run on 3.7.11): the line that a
// rule of its content checks matches; with -v, each header field (cleanup) or all of the message (pickup);
// where smtpd is verbose three times over (-v and debug_peer_level add up), the beginning of each line; with
// smtpd_tls_loglevel 4, the beginning of each piece that it reads. The tables of smtp and lmtp are asked of
// what is sealed by then.
#include <algorithm>
#include <array>

#include "milter/base/parse_number.hpp"
#include "milter/config/files.hpp"
#include "milter/doctor/checks/listeners.hpp"
#include "milter/doctor/checks/logging_rules.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/postfix/postfix_services.hpp"
#include "milter/mta/postfix/postfix_text.hpp"
#include "milter/seal/carrier.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

constexpr int kVerboseRecords = 3;
constexpr int kVerboseTls = 4;

/// What the carrier shows as well, and what mail servers and scanners write.
std::vector<std::string> harmless_fields(const std::string& flag) {
  return {text::to_lower(flag),
          text::to_lower(seal::kSealedHeader),
          "from",
          "to",
          "cc",
          "date",
          "message-id",
          "received",
          "return-path",
          "x-spam-"};
}

/// Nested and MIME headers, and body lines, are content whatever they are called; the guard's own are ours.
std::vector<std::string> harmless_in(const std::string& parameter, const std::string& flag) {
  if (parameter == "body_checks") return {};
  auto names = harmless_fields(flag);
  if (parameter != "header_checks" && parameter != "milter_header_checks") names.resize(2);
  return names;
}

bool is_text(const mta::TableName& table) {
  static constexpr std::array<std::string_view, 5> kTypes{"pcre", "regexp", "texthash", "inline", "static"};
  return std::ranges::find(kTypes, table.type) != kTypes.end();
}

std::string remedy_for(const std::string& parameter, const mta::TableName& table, const LoggingRule& rule) {
  constexpr const char* kInstead = "; as a [[transport_rule]] it would log nothing of the content";
  if (rule.first_line == 0) return "take that rule out of " + parameter + " in main.cf" + kInstead;
  return "sed -i '" + std::to_string(rule.first_line) + "," + std::to_string(rule.last_line) + "s/^/#/' " +
         table.rest + " && postfix reload" + kInstead;
}

Finding examine_table(const Examination& examination, const std::string& parameter,
                      const mta::TableName& table) {
  const auto& flag = examination.config.policy.pams.header;
  if (!is_text(table)) return ok("");  // other_filters fails for a table that nobody can list
  const bool is_in_main = table.is_inline() || table.type == "static";
  const auto content = is_in_main ? Result<std::string>(table.rest) : read_file(table.rest);
  if (!content) return unread(examination, table.rest, content.error());
  const auto rules = logging_rules(table, *content, harmless_in(parameter, flag));
  if (rules.empty()) return ok("");
  if (is_own_table(examination, table.rest))
    return warn(parameter + ": " + table.rest + " is not what this configuration needs", kSetup);
  const auto& first = rules.front();
  const auto place = ": " + table.rest + " line " + std::to_string(first.first_line);
  auto seen = parameter + (is_in_main ? "" : place) + " has '" + text::printable(first.text) + "'";
  if (rules.size() > 1) seen += " and " + std::to_string(rules.size() - 1) + " more that log what they match";
  return warn(seen, remedy_for(parameter, table, first));
}

Finding examine_rules(const Examination& examination, const mta::PostfixServices& services,
                      const mta::Service& cleanup) {
  const auto values = services.values(cleanup, {"header_checks", "mime_header_checks", "nested_header_checks",
                                                "body_checks", "milter_header_checks"});
  if (!values) return unanswered(values.error());
  for (const auto& [parameter, maps] : *values)
    for (const auto& map : mta::split_list(maps))
      for (const auto& table : mta::tables_of(map))
        if (auto finding = examine_table(examination, parameter, table); finding.status != CheckStatus::Ok)
          return finding;
  return ok("");
}

/// How often -v stands among the command's arguments, and the line without.
struct Verbosity {
  int count = 0;
  std::string line;
};

Verbosity verbosity_of(const mta::Service& service) {
  Verbosity verbosity;
  std::vector<std::string> words;
  bool is_value = false;  // of -o
  for (const auto& word : mta::split_list(service.line)) {
    const bool is_v = !is_value && word.size() > 1 && word.front() == '-' &&
                      word.find_first_not_of('v', 1) == std::string::npos;
    is_value = word == "-o";
    if (is_v)
      verbosity.count += static_cast<int>(word.size()) - 1;
    else
      words.push_back(word);
  }
  verbosity.line = text::join(words, " ");
  return verbosity;
}

Finding warn_of_verbosity(const mta::Service& service, const Verbosity& verbosity, const std::string& what) {
  return warn("it runs with -v, and logs " + what,
              "postconf -M '" + service.key() + "=" + verbosity.line + "' && postfix reload");
}

int number_in(const std::string& value) { return leading_number<int>(value).value_or(0); }

std::string remedy_without(const mta::PostfixServices& services, const mta::Service& service,
                           const std::string& parameter) {
  if (!services.overrides(service, parameter)) return "postconf -X " + parameter + " && postfix reload";
  return "postconf -PX " + service.key() + "/" + parameter + " && postfix reload";
}

Finding examine_smtpd(const mta::PostfixServices& services, const mta::Service& service,
                      const Verbosity& verbosity) {
  const auto values = services.values(service, {"debug_peer_list", "debug_peer_level", "smtpd_tls_loglevel"});
  if (!values) return unanswered(values.error());
  if (number_in(values->at("smtpd_tls_loglevel")) >= kVerboseTls)
    return warn(
        "smtpd_tls_loglevel is " + values->at("smtpd_tls_loglevel") + ": pieces of messages are logged",
        remedy_without(services, service, "smtpd_tls_loglevel"));
  constexpr const char* kBeginnings = "the beginning of each line of messages";
  if (verbosity.count >= kVerboseRecords) return warn_of_verbosity(service, verbosity, kBeginnings);
  const auto& peers = values->at("debug_peer_list");
  if (peers.empty() || verbosity.count + number_in(values->at("debug_peer_level")) < kVerboseRecords)
    return ok("");
  return warn("debug_peer_list is '" + peers + "' and debug_peer_level " + values->at("debug_peer_level") +
                  ": " + kBeginnings + " is logged",
              remedy_without(services, service, "debug_peer_list"));
}

Finding examine_program(const mta::PostfixServices& services, const mta::Service& service) {
  const auto verbosity = verbosity_of(service);
  if (service.command == "smtpd") return examine_smtpd(services, service, verbosity);
  if (service.command == "pickup" && verbosity.count > 0)
    return warn_of_verbosity(service, verbosity, "whole messages");
  if (service.command == "cleanup" && verbosity.count > 0)
    return warn_of_verbosity(service, verbosity, "each header field");
  return ok("");
}

Finding run(const Examination& examination) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  const auto& cleanups = examination.postfix.cleanups();
  if (!cleanups) return unanswered(cleanups.error());
  Finding sum;
  for (const auto* cleanup : *cleanups) add(sum, *cleanup, examine_rules(examination, *services, *cleanup));
  for (const auto& service : services->services()) add(sum, service, examine_program(*services, service));
  if (sum.status == CheckStatus::Ok) sum.seen = "Postfix logs nothing of a message's content";
  return sum;
}

}  // namespace

extern constinit const Check logged_content{
    .id = "logged_content",
    .why = "Postfix writes content of flagged mail to its log before the milter seals it.",
    .run = run,
};

}  // namespace pams::milter::doctor
