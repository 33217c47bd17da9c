#include <array>
#include <span>

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

/// The rules' answers to smart hosts that show this, asked of one Sendmail.
Result<std::vector<std::string>> answers_to(const Examination& examination, const std::string& ruleset,
                                            std::span<const Peer> peers) {
  // A class only grows in test mode: the wrong name has to be the first.
  std::vector<std::string> lines{".Dh" + sendmail_host(examination.connector)};
  for (const auto& peer : peers) {
    lines.push_back(".D{verify}" + std::string(peer.verify));
    lines.push_back(".D{tls_version}" + std::string(peer.version));
    lines.push_back(".C{cert_altnames}" + peer.name);
    lines.push_back(ruleset + " " + (ruleset == "tls_server" ? peer.verify : "a@b.example"));
  }
  return examination.sendmail->test(lines).map(
      [&](const std::string& output) { return all_returned(output, ruleset); });
}

Finding run(const Examination& examination) {
  const auto& connector = examination.connector;
  const bool verifies = connector.tls_settings != rules::TlsSettings::EncryptionOnly;
  const auto& name = connector.tls_domain;
  const std::array<Peer, 6> peers{
      Peer{"OK", "TLSv1.3", "impostor.invalid", !verifies, "another name"},
      Peer{"OK", "TLSv1.3", name, true, "a good smart host"},
      Peer{"NONE", "", name, false, "a smart host without TLS"},
      Peer{"FAIL", "TLSv1.3", name, !verifies, "a certificate that is not verified"},
      Peer{"TRUSTED", "TLSv1.3", name, !verifies, "a certificate that only DANE trusts"},
      Peer{"OK", "TLSv1.1", name, false, "TLS 1.1"}};
  for (const std::string ruleset : {"tls_server", "tls_rcpt"}) {
    const auto answers = answers_to(examination, ruleset, peers);
    if (!answers) return unanswered(answers.error());
    if (answers->size() != peers.size())
      return failed(ruleset + " does not answer every question", kSendmailSetup);
    for (std::size_t i = 0; i < peers.size(); ++i)
      if (const bool refused = answers->at(i).starts_with("$# error"); refused == peers.at(i).good)
        return failed(ruleset + (refused ? " refuses " : " lets in ") + peers.at(i).what, kSendmailSetup);
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
