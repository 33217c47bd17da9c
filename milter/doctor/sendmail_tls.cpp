#include <array>

#include "milter/config/files.hpp"
#include "milter/connector/sendmail_feature.hpp"
#include "milter/doctor/route_rules.hpp"
#include "milter/doctor/sendmail_answers.hpp"

namespace pams::milter::doctor {
namespace {

struct Peer {
  const char* verify;
  const char* version;
  std::string name;
  bool good;
  const char* what;
};

/// The rules' answer to a smart host that shows this.
Result<std::string> answer_to(const Examination& examination, const char* ruleset, const Peer& peer) {
  return examination.sendmail
      ->test({".Dh" + sendmail_host(examination.connector), ".D{verify}" + std::string(peer.verify),
              ".D{tls_version}" + std::string(peer.version), ".C{cert_altnames}" + peer.name,
              std::string(ruleset) + " " +
                  (ruleset == std::string_view("tls_server") ? peer.verify : "a@b.example")})
      .map([&](const std::string& output) { return returned(output, ruleset); });
}

Finding run(const Examination& examination) {
  const auto& connector = examination.connector;
  const bool verifies = connector.tls_settings != rules::TlsSettings::EncryptionOnly;
  const auto& name = connector.tls_domain;
  const std::array<Peer, 6> peers{
      Peer{"OK", "TLSv1.3", name, true, "a good smart host"},
      Peer{"NONE", "", name, false, "a smart host without TLS"},
      Peer{"FAIL", "TLSv1.3", name, !verifies, "a certificate that is not verified"},
      Peer{"TRUSTED", "TLSv1.3", name, !verifies, "a certificate that only DANE trusts"},
      Peer{"OK", "TLSv1.1", name, false, "TLS 1.1"},
      Peer{"OK", "TLSv1.3", "impostor.invalid", !verifies, "another name"}};
  for (const auto* ruleset : {"tls_server", "tls_rcpt"})
    for (const auto& peer : peers) {
      const auto answer = answer_to(examination, ruleset, peer);
      if (!answer) return unanswered(answer.error());
      if (answer->empty()) return failed(std::string(ruleset) + " gives no answer", kSendmailSetup);
      const bool refused = answer->starts_with("$# error");
      if (refused == peer.good)
        return failed(std::string(ruleset) + (refused ? " refuses " : " lets in ") + peer.what,
                      kSendmailSetup);
    }
  const auto cf = read_file(examination.sendmail->cf());
  if (!cf) return failed(cf.error().what, kSendmailSetup);
  if (verifies) {
    const auto lines = cf_lines(*cf);
    const auto folder = sendmail_authorities_folder(examination.config);
    if (const auto file = cf_option(lines, "CACertFile"); file != connector.tls_ca_file)
      return failed("CACertFile is '" + file + "', not '" + connector.tls_ca_file + "'",
                    "in sendmail.mc: define(`confCACERT', `" + connector.tls_ca_file + "')dnl");
    if (const auto path = cf_option(lines, "CACertPath"); path != folder)
      return failed("CACertPath is '" + path + "', not '" + folder + "'",
                    "in sendmail.mc: define(`confCACERT_PATH', `" + folder + "')dnl");
  }
  return ok("mail leaves only for a verified " + name);
}

}  // namespace

extern const Check sendmail_tls;
const Check sendmail_tls{"sendmail_tls",
                         "The message would leave in clear, or for somebody else than the smart host.", true,
                         run, MtaKind::Sendmail};

}  // namespace pams::milter::doctor
