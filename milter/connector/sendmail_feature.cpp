#include "milter/connector/sendmail_feature.hpp"

#include <algorithm>
#include <filesystem>

#include "milter/connector/route.hpp"
#include "rules/base/text.hpp"

namespace pams::milter {
namespace {

using rules::OutboundConnector;
using rules::TlsSettings;

/// The text of a block, between m4's quotes: nothing in it is a macro, whatever the hosts are called.
std::string block(const std::string& diversion, const std::string& text) {
  return diversion + "dnl\n`" + text + "'dnl\n";
}

/// Sendmail's rules see an address in tokens: ".pams.pams-route.invalid" as ". pams . pams-route . invalid".
std::string tokens(const std::string& text) {
  return std::string(text::trim(text::replace_all(text, ".", " . ")));
}

std::string host_literal(const rules::SmartHost& host) {
  const bool is_ipv6 = host.name.find(':') != std::string::npos;
  return "[" + std::string(is_ipv6 ? "IPv6:" : "") + host.name + "]";
}

/// What a route's address resolves to; any other use of the domain is nobody's.
std::string route_rules(const Config& config) {
  std::string rules;
  for (const auto& connector : config.policy.connectors) {
    const auto suffix = tokens(route_suffix(connector));
    for (const auto* dot : {" .", ""})
      rules += "R$+ < @ $+ " + suffix + dot + " >\t$#" + connector.transport + " $@ " +
               sendmail_host(connector) + " $: $1 < @ $2 " + suffix + " . >\n";
  }
  return rules + "R$* " + tokens(kRouteDomain) +
         " $*\t$#error $@ 5.1.2 $: \"553 5.1.2 No such route for pams-milter\"\n";
}

/// TLS 1.2 or later; and for all but encryption_only, a chain that ends at the authorities and a certificate
/// whose subjectAltName holds the name. {verify} TRUSTED is DANE's and says nothing about the chain.
std::string proof_rules(const OutboundConnector& connector) {
  std::string rules = "SPams_proof_" + connector.transport + "\n";
  const bool verifies = connector.tls_settings != TlsSettings::EncryptionOnly;
  const std::string good = verifies ? "< $1 > < $&{tls_version} >" : "< OK > < $&{tls_version} >";
  rules += "R$*\t\t\t$: " + good + "\n";
  for (const auto* version : {"TLSv1 . 2", "TLSv1 . 3"})
    rules += "R< OK > < " + std::string(version) + " >\t$: < proven >\n";
  if (verifies) {
    const auto& name = connector.tls_domain;
    rules += "R< proven >\t\t$: < name > " + name + "\n";
    rules += "R< name > $={cert_altnames}\t$: < proven >\n";
    if (const auto dot = name.find('.'); dot != std::string::npos) {
      // RFC 6125 6.4.3: a wildcard stands for the whole first label.
      rules += "R< name > $*\t\t$: < name > *" + name.substr(dot) + "\n";
      rules += "R< name > $={cert_altnames}\t$: < proven >\n";
    }
  }
  rules += "R< proven >\t\t$@ OK\n";
  return rules + "R$*\t\t\t$#error $@ 4.7.5 $: \"403 4.7.5 pams-milter: the smart host is not proven to be " +
         connector.tls_domain + ", verify=\" $&{verify} \" version=\" $&{tls_version}\n\n";
}

/// Which connector's mail is about to be sent is told twice: by the mark that its mailer's sender rewriting
/// leaves (it names the message, so that it cannot outlive it) and by the host that the mailer connects to.
std::string tls_rules(const Config& config) {
  std::string rules =
      "SLocal_tls_server\n"
      "R$*\t\t\t$: $1 $| $>Pams_tls $&{verify}\n"
      "R$* $| $#$*\t\t$#$2\n"
      "R$* $| $*\t\t$: $1\n\n"
      "SLocal_tls_rcpt\n"
      "R$*\t\t\t$: $1 $| $>Pams_tls $&{verify}\n"
      "R$* $| $#$*\t\t$#$2\n"
      "R$* $| $*\t\t$: $1\n\n"
      "SPams_tls\n"
      "R$*\t\t\t$: < $&{pams_leaves_by} > $1\n";
  const auto& connectors = config.policy.connectors;
  for (const auto& connector : connectors)
    rules += "R< " + connector.transport + " : $&i > $*\t$@ $>Pams_proof_" + connector.transport + " $1\n";
  rules += "R< $* > $*\t\t$: < $&h > $2\n";
  for (const auto& connector : connectors)
    rules += "R< " + sendmail_host(connector) + " > $*\t$@ $>Pams_proof_" + connector.transport + " $1\n";
  rules += "R$*\t\t\t$@ OK\n\n";
  for (const auto& connector : connectors) rules += proof_rules(connector);
  return rules;
}

/// The suffix is for the milter alone: no client may give it, in whatever disguise.
std::string client_rules() {
  return "SLocal_check_rcpt\nR$* " + tokens(kRouteDomain) +
         " $*\t$#error $@ 5.1.2 $: \"553 5.1.2 This domain is reserved for pams-milter\"\n\n";
}

std::string mailer(const OutboundConnector& connector) {
  const auto& name = connector.transport;
  const auto port = connector.smart_hosts.front().port;
  return "SEnvFrom_" + name + "\n" + "R$*\t\t\t$: $(pams_leaves {pams_leaves_by} $@ " + name +
         " : $&i $) $1\n" + "R$*\t\t\t$@ $>EnvFromSMTP $1\n\n" + "SEnvTo_" + name + "\n" + "R$+ < @ $+ " +
         tokens(route_suffix(connector)) + " . > $*\t$: $1 < @ $2 . > $3\n" +
         // Many recipients in one transaction (m, r=), bytes as they are (8, no L=), ESMTP (a).
         "M" + name + ",\t\tP=[IPC], F=mDFMuXa8, S=EnvFrom_" + name + "/HdrFromSMTP, R=EnvTo_" + name +
         "/HdrFromSMTP, E=\\r\\n, L=0,\n\t\tr=1000000, T=DNS/RFC822/SMTP,\n\t\tA=TCP $h " +
         std::to_string(port) + "\n\n";
}

std::string authority_options(const Config& config) {
  const auto file = sendmail_authorities(config);
  if (file.empty()) return "";
  return "define(`confCACERT', `" + file + "')dnl\ndefine(`confCACERT_PATH', `" +
         sendmail_authorities_folder(config) + "')dnl\n";
}

bool holds_quote(const std::string& text) { return text.find_first_of("`',\n") != std::string::npos; }

}  // namespace

std::string sendmail_host(const OutboundConnector& connector) {
  std::string hosts;
  for (const auto& host : connector.smart_hosts) hosts += (hosts.empty() ? "" : ":") + host_literal(host);
  return hosts;
}

std::string sendmail_authorities(const Config& config) {
  const auto& connectors = config.policy.connectors;
  const auto at = std::ranges::find_if(connectors, [](const auto& connector) {
    return connector.tls_settings != TlsSettings::EncryptionOnly;
  });
  return at == connectors.end() ? "" : at->tls_ca_file;
}

std::string sendmail_authorities_folder(const Config& config) {
  return std::filesystem::path(sendmail_authorities(config)).parent_path().string();
}

std::string sendmail_feature(const Config& config) {
  std::string mailers;
  for (const auto& connector : config.policy.connectors) mailers += mailer(connector);
  return "divert(-1)\n"
         "# Written by `pamsctl setup sendmail'; it would be overwritten. Included in sendmail.mc.\n"
         "divert(0)dnl\n"
         "VERSIONID(`pams-milter')dnl\n"
         "INPUT_MAIL_FILTER(`" +
         std::string(kFilterName) + "', `S=" + config.settings.listen.for_libmilter() +
         ", F=T, T=C:10s;S:30s;R:300s;E:10m')dnl\n"
         "define(`_LOCAL_TLS_SERVER_', `1')dnl\n"
         "define(`_LOCAL_TLS_RCPT_', `1')dnl\n" +
         authority_options(config) +
         block("divert(6)",
               "# pams-milter\nO SetCertAltnames=true\nKpams_leaves macro\n"
               "# no DNS look-ups for this domain\nCPinvalid\n") +
         block("divert(3)", "# pams-milter\n" + route_rules(config)) +
         block("divert(9)", "\n# pams-milter\n" + client_rules() + tls_rules(config)) +
         block("divert(7)", "# pams-milter\n" + mailers) + "divert(0)dnl\n";
}

std::vector<std::string> sendmail_obstacles(const Config& config) {
  std::vector<std::string> out;
  if (holds_quote(sendmail_authorities(config)))
    out.emplace_back("tls_ca_file holds a quote or a comma, which m4 cannot take");
  if (holds_quote(config.settings.listen.for_libmilter()))
    out.emplace_back("[milter] listen holds a quote or a comma, which m4 cannot take");
  const auto& connectors = config.policy.connectors;
  for (const auto& connector : connectors) {
    const auto& hosts = connector.smart_hosts;
    if (std::ranges::any_of(hosts, [&](const auto& host) { return host.port != hosts.front().port; }))
      out.push_back("connector '" + connector.name +
                    "': a mailer of Sendmail has one port for all smart hosts");
    if (connector.tls_domain.empty() && connector.tls_settings != TlsSettings::EncryptionOnly)
      out.push_back("connector '" + connector.name +
                    "': several smart hosts need tls_domain, the name that each of them proves to Sendmail");
    if (!connector.username.empty())
      out.push_back("connector '" + connector.name + "': username is not available with Sendmail");
    if (connector.transport.find('-') != std::string::npos)
      out.push_back("connector '" + connector.name + "': Sendmail takes no '-' in a transport's name");
    if (connector.tls_settings != TlsSettings::EncryptionOnly &&
        connector.tls_ca_file != sendmail_authorities(config))
      out.push_back("connector '" + connector.name + "': Sendmail has one CACertFile for all connectors");
  }
  return out;
}

}  // namespace pams::milter
