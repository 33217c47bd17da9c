#include "milter/routing/sendmail_feature.hpp"

#include "milter/routing/route.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::routing {
namespace {

using rules::OutboundConnector;

/// The text of a block, between m4's quotes: nothing in it is a macro, whatever the hosts are called.
std::string block(const std::string& diversion, const std::string& text) {
  return diversion + "dnl\n`" + text + "'dnl\n";
}

/// Sendmail's rules see an address in tokens: ".pams.pams-route.invalid" as ". pams . pams-route . invalid".
std::string tokens(const std::string& text) {
  return std::string(text::trim(text::replace_all(text, ".", " . ")));
}

std::string host_literal(const Listen& listen) {
  if (listen.ipv6) return "[IPv6:" + listen.host + "]";
  const bool is_any = listen.host.empty() || listen.host == "localhost";
  return "[" + (is_any ? "127.0.0.1" : listen.host) + "]";
}

/// What a route's address resolves to. One of a connector that is no more waits: the postmaster may bring it
/// back.
std::string route_rules(const Config& config) {
  std::string rules;
  for (const auto& connector : config.policy.connectors) {
    const auto suffix = tokens(route_suffix(connector));
    for (const auto* dot : {" .", ""})
      rules += "R$+ < @ $+ " + suffix + dot + " >\t$#" + connector.transport + " $@ " + kRelayHost +
               " $: $1 < @ $2 " + suffix + " . >\n";
  }
  return rules + "R$* " + tokens(kRouteDomain) +
         " $*\t$#error $@ 4.3.5 $: \"451 4.3.5 No such route of pams-milter now\"\n";
}

/// The suffix is for the milter alone: no client may give it, in whatever disguise.
std::string client_rules() {
  return "SLocal_check_rcpt\nR$* " + tokens(kRouteDomain) +
         " $*\t$#error $@ 5.1.2 $: \"553 5.1.2 This domain is reserved for pams-milter\"\n\n";
}

std::string recipient_rules(const OutboundConnector& connector) {
  return "S" + recipient_ruleset(connector) + "\n" + "R$+ < @ $+ " + tokens(route_suffix(connector)) +
         " . > $*\t$: $1 < @ $2 . > $3\n";
}

/// What m4 (quotes, comma, comment) or a mailer's A= (blank, macro) would read as its own.
bool is_unfit(const std::string& text) { return text.find_first_of("`',#$ \t\n\\") != std::string::npos; }

}  // namespace

std::string sendmail_relay(const Config& config) {
  const auto& listen = config.settings.relay.listen;
  if (!listen.unix_path.empty()) return "FILE " + listen.unix_path;
  return "TCP " + host_literal(listen) + " " + std::to_string(listen.port);
}

std::string recipient_ruleset(const OutboundConnector& connector) { return "EnvTo_" + connector.transport; }

std::string sendmail_mailer(const Config& config, const OutboundConnector& connector) {
  return "M" + connector.transport + ",\t\tP=[IPC], F=" + kMailerFlags +
         ", S=EnvFromSMTP/0, R=" + recipient_ruleset(connector) +
         "/0, E=\\r\\n, L=0,\n\t\tr=1000000, T=DNS/RFC822/SMTP,\n\t\tA=" + sendmail_relay(config);
}

std::string sendmail_feature(const Config& config) {
  std::string mailers;
  for (const auto& connector : config.policy.connectors)
    mailers += recipient_rules(connector) + sendmail_mailer(config, connector) + "\n\n";
  return "divert(-1)\n"
         "# Written by `pamsctl setup sendmail'; it would be overwritten. Included in sendmail.mc.\n"
         "divert(0)dnl\n"
         "VERSIONID(`pams-milter')dnl\n"
         "INPUT_MAIL_FILTER(`" +
         std::string(kFilterName) + "', `S=" + config.settings.listen.for_libmilter() +
         ", F=T, T=C:10s;S:30s;R:300s;E:10m')dnl\n" +
         block("divert(6)", "# pams-milter: no DNS look-ups for this domain\nCPinvalid\n") +
         block("divert(3)", "# pams-milter\n" + route_rules(config)) +
         block("divert(9)", "\n# pams-milter\n" + client_rules()) +
         block("divert(7)", "# pams-milter\n" + mailers) + "divert(0)dnl\n";
}

std::vector<std::string> sendmail_obstacles(const Config& config) {
  std::vector<std::string> out;
  if (is_unfit(config.settings.listen.for_libmilter()))
    out.emplace_back("[milter] listen holds a character that m4 cannot take");
  const auto& relay = config.settings.relay.listen;
  if (is_unfit(relay.unix_path) || is_unfit(relay.host))
    out.emplace_back("[relay] listen holds a character that m4 or Sendmail's mailers cannot take");
  for (const auto& connector : config.policy.connectors)
    if (connector.transport.find('-') != std::string::npos)
      out.push_back("connector '" + connector.name + "': Sendmail takes no '-' in a transport's name");
  return out;
}

}  // namespace pams::milter::routing
