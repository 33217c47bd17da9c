#include "milter/config/files.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/doctor/checks/sendmail_answers.hpp"
#include "milter/routing/route.hpp"
#include "milter/routing/sendmail_feature.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

/// Blanks between tokens are Sendmail's own.
std::string joined(const std::string& tokens) {
  std::string out;
  for (const char c : tokens)
    if (c != ' ' && c != '\t' && c != '\n') out += c;
  return out;
}

Finding examine_mailer(const Examination& examination) {
  const auto cf = read_file(examination.sendmail->cf());
  if (!cf) return unread(examination, examination.sendmail->cf(), cf.error());
  const auto& connector = examination.connector;
  const auto mailer = cf_definition(cf_lines(*cf), "M" + connector.transport);
  if (mailer.empty()) return failed("there is no mailer '" + connector.transport + "'", kSendmailSetup);
  if (joined(mailer) != joined(routing::sendmail_mailer(examination.config, connector)))
    return failed("the mailer is not as setup writes it: " + mailer, kSendmailSetup);
  return ok("");
}

/// Why what the mailer's ruleset makes of a recipient, or of one that has no connector, is wrong;
/// nullopt when it is not.
std::optional<std::string> examine_answers(const Examination& examination, const std::string& output) {
  const auto& connector = examination.connector;
  const auto suffix = routing::route_suffix(connector);
  const auto resolved = all_returned(output, "parse");
  const auto wanted =
      "$#" + connector.transport + "$@" + routing::kRelayHost + "$:someone<@client.example" + suffix + ".>";
  if (resolved.size() != 2) return "sendmail -bt does not answer every question";
  if (joined(resolved[0]) != wanted)
    return "someone@client.example" + suffix + " resolves to '" + joined(resolved[0]) + "'";
  if (!joined(resolved[1]).starts_with("$#error"))
    return "an address of no connector's resolves to '" + joined(resolved[1]) + "'";
  const auto stripped = joined(returned(output, routing::recipient_ruleset(connector)));
  if (stripped == "someone<@client.example.>") return std::nullopt;
  return "the relay would be told '" + stripped + "'";
}

Finding run(const Examination& examination) {
  const auto suffix = routing::route_suffix(examination.connector);
  const auto address = "someone@client.example" + suffix;
  const auto answers = examination.sendmail->test(
      {"3,0 " + address, "3,0 someone@client.example.none-of-ours." + std::string(routing::kRouteDomain),
       "3," + routing::recipient_ruleset(examination.connector) + " " + address});
  if (!answers) return unanswered(answers.error());
  if (const auto wrong = examine_answers(examination, *answers)) return failed(*wrong, kSendmailSetup);
  const auto spoofed =
      examination.sendmail->test({".D{client_addr}127.0.0.1", "check_rcpt <" + address + ">"});
  if (!spoofed) return unanswered(spoofed.error());
  if (!joined(returned(*spoofed, "check_rcpt")).starts_with("$#error"))
    return failed("a client may give a recipient with the milter's suffix", kSendmailSetup);
  const auto mailer = examine_mailer(examination);
  if (mailer.status != CheckStatus::Ok) return mailer;
  return ok("recipients with " + suffix + " go to pams-relay (" +
            routing::sendmail_relay(examination.config) + "), and clients cannot use it");
}

}  // namespace

extern constinit const Check sendmail_route{
    .id = "sendmail_route",
    .why = "Sealed mail would not come to pams-relay, and so to nobody who can read it.",
    .guards_routing = true,
    .only = MtaKind::Sendmail,
    .run = run,
};

}  // namespace pams::milter::doctor
