#include "milter/config/files.hpp"
#include "milter/connector/route.hpp"
#include "milter/connector/sendmail_feature.hpp"
#include "milter/doctor/route_rules.hpp"
#include "milter/doctor/sendmail_answers.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

/// Blanks between tokens are Sendmail's own.
std::string joined(const std::string& tokens) { return text::replace_all(tokens, " ", ""); }

Finding examine_mailer(const Examination& examination) {
  const auto cf = read_file(examination.sendmail->cf());
  if (!cf) return failed(cf.error().what, kSendmailSetup);
  const auto& connector = examination.connector;
  const auto mailer = cf_definition(cf_lines(*cf), "M" + connector.transport);
  if (mailer.empty()) return failed("there is no mailer '" + connector.transport + "'", kSendmailSetup);
  const auto wanted = "TCP $h " + std::to_string(connector.smart_hosts.front().port);
  if (equate(mailer, 'P') != "[IPC]" || equate(mailer, 'A') != wanted ||
      equate(mailer, 'R') != "EnvTo_" + connector.transport + "/HdrFromSMTP" ||
      equate(mailer, 'S') != "EnvFrom_" + connector.transport + "/HdrFromSMTP" ||
      equate(mailer, 'F').find('m') == std::string::npos)
    return failed("the mailer is not as setup writes it: " + mailer, kSendmailSetup);
  return ok("");
}

Finding run(const Examination& examination) {
  const auto& connector = examination.connector;
  const auto suffix = route_suffix(connector);
  const auto address = "someone@client.example" + suffix;
  const auto parsed = examination.sendmail->test({"3,0 " + address});
  if (!parsed) return unanswered(parsed.error());
  const auto wanted = "$#" + connector.transport + "$@" + sendmail_host(connector) +
                      "$:someone<@client.example" + suffix + ".>";
  if (const auto answer = joined(returned(*parsed, "parse")); answer != wanted)
    return failed(address + " resolves to '" + answer + "'", kSendmailSetup);
  const auto spoofed =
      examination.sendmail->test({".D{client_addr}127.0.0.1", "check_rcpt <" + address + ">"});
  if (!spoofed) return unanswered(spoofed.error());
  if (!joined(returned(*spoofed, "check_rcpt")).starts_with("$#error"))
    return failed("a client may give a recipient with the milter's suffix", kSendmailSetup);
  const auto mailer = examine_mailer(examination);
  if (mailer.status != CheckStatus::Ok) return mailer;
  return ok("recipients with " + suffix + " go to " + sendmail_host(connector) +
            ", and clients cannot use it");
}

}  // namespace

extern const Check sendmail_route;
const Check sendmail_route{"sendmail_route",
                           "Flagged mail would take another way than its connector, or be lost.", true, run,
                           MtaKind::Sendmail};

}  // namespace pams::milter::doctor
