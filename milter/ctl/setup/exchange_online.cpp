#include "milter/ctl/setup/exchange_online.hpp"

#include <iostream>

#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include "milter/ctl/command.hpp"
#include "milter/mta/postfix/postfix.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl {
namespace {

constexpr std::string_view kFillIn = "FILL IN";
/// What Exchange takes as a rule's name.
constexpr std::size_t kMaxName = 64;
constexpr std::uint64_t kMega = 1U << 20U;

struct Facts {
  std::string gateway;  ///< "" when it is not known
  std::string connector, rule, header, pattern;
  std::uint64_t megabytes;  ///< the largest message that the smart host takes, rounded down
  std::vector<std::string> organizations;
};

/// Bytes of a UTF-8 character that is cut are left out too.
std::string cut(std::string_view name, std::size_t maximum) {
  if (name.size() <= maximum) return std::string(name);
  auto end = maximum;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
  return std::string(name.substr(0, end));
}

/// The names are not those of Zivver's guide: a tenant may have these already, and both must not act.
std::string tenant_name(const std::string& connector, std::string_view what) {
  const auto base = connector.empty() ? "Zivver Plugin Assisted Mail Submission" : connector;
  return cut(base, kMaxName - what.size()) + std::string(what);
}

Facts facts_of(const Config& config, const std::string& gateway) {
  const auto& pams = config.policy.pams;
  const auto* connector = config.policy.connector(pams.connector);
  Facts facts{.gateway = gateway,
              .connector = tenant_name(pams.connector, " (gateway)"),
              .rule = tenant_name(pams.connector, " (gateway)"),
              .header = pams.header,
              .pattern = pams.pattern ? pams.pattern->pattern() : "..*.",
              .megabytes = connector == nullptr ? 50 : connector->max_message_size / kMega,
              .organizations = {}};
  for (const auto& online : config.policy.trust.exchange_online)
    for (const auto& organization : online.originator_org) facts.organizations.push_back(organization);
  return facts;
}

std::string variable(std::string_view name, const std::string& value, std::string_view meaning) {
  return "$" + std::string(name) + " = " +
         powershell_quoted(value.empty() ? "<" + std::string(kFillIn) + ">" : value) + "  # " +
         (value.empty() ? std::string(kFillIn) + ": " : "") + std::string(meaning) + "\n";
}

std::string variables(const Facts& facts) {
  const std::string check = facts.gateway.empty() ? "" : "; Postfix's myhostname, check it";
  return variable("Gateway", facts.gateway, "the name under which Microsoft reaches this gateway" + check) +
         variable(
             "TlsDomain", facts.gateway,
             "the name in the certificate of the listener for Exchange Online (openssl x509 -noout -ext subjectAltName -in FILE)" +
                 check) +
         variable("TestAddress", "", "an address outside your organization that you can read") +
         variable("Connector", facts.connector, "as in pams-milter.toml") +
         variable("Rule", facts.rule, "as in pams-milter.toml") +
         "$ErrorActionPreference = 'Stop'\n"
         "foreach ($Value in $Gateway, $TlsDomain, $TestAddress) {\n"
         "  if ($Value -like '<*') { throw 'Fill in the values above first.' }\n"
         "}\n";
}

std::string connector_commands() {
  return "New-OutboundConnector -Name $Connector -ConnectorType OnPremises `\n"
         "  -UseMXRecord $false -SmartHosts $Gateway `\n"
         "  -TlsSettings DomainValidation -TlsDomain $TlsDomain `\n"
         "  -IsTransportRuleScoped $true -CloudServicesMailEnabled $false -Enabled $true `\n"
         "  -Comment 'Flagged mail to the pams-milter gateway'\n";
}

std::string rule_commands(const Facts& facts) {
  return "# Last in the order (the highest number): signatures and the like come before it. It is off until step 6.\n"
         "New-TransportRule -Name $Rule `\n"
         "  -HeaderMatchesMessageHeader " +
         powershell_quoted(facts.header) +
         " `\n"
         "  -HeaderMatchesPatterns " +
         powershell_quoted(facts.pattern) +
         " `\n"
         "  -RouteMessageOutboundConnector $Connector `\n"
         "  -RuleErrorAction Defer -Mode Enforce -Enabled $false\n";
}

std::string size_commands(const Facts& facts) {
  const auto size = std::to_string(facts.megabytes) + "MB";
  return "# The smart host takes " + size +
         " as sent; attachments grow by a third on the way. Changes every mailbox: take the\n"
         "# marks away when you mean it.\n"
         "# Get-MailboxPlan | Set-MailboxPlan -MaxSendSize " +
         size + "\n# Get-Mailbox -ResultSize Unlimited | Set-Mailbox -MaxSendSize " + size + "\n" +
         "Get-MailboxPlan | Format-Table Name, MaxSendSize\n";
}

std::string organization_check(const Facts& facts) {
  if (facts.organizations.empty())
    return "# pams-milter.toml has no [[trust.exchange_online]]: name the domain below in originator_org.\n"
           "(Get-AcceptedDomain | Where-Object InitialDomain).DomainName\n";
  std::string list;
  for (const auto& organization : facts.organizations)
    list += (list.empty() ? "" : ", ") + powershell_quoted(organization);
  return "# What your tenant puts into X-OriginatorOrg must be among originator_org of pams-milter.toml.\n"
         "$Trusted = " +
         list +
         "\n"
         "(Get-AcceptedDomain | Where-Object InitialDomain).DomainName |\n"
         "  ForEach-Object { \"$_ is trusted by the gateway: $($Trusted -contains $_)\" }\n";
}

std::string checks(const Facts& facts) {
  return "Validate-OutboundConnector -Identity $Connector -Recipients $TestAddress | Format-List\n" +
         organization_check(facts) +
         "# Of these rules only one may be on that flagged mail meets: one message, one connector. Switch off the rule\n"
         "# of Zivver's guide that sends it to smtp.zivver.com, when you have it.\n"
         "Get-TransportRule | Where-Object RouteMessageOutboundConnector |\n"
         "  Format-Table Name, State, Priority, RouteMessageOutboundConnector\n"
         "# True, or nothing: some mail leaves as winmail.dat, which no rule of the gateway can read.\n"
         "Get-RemoteDomain Default | Format-List TNEFEnabled\n";
}

/// One block, so that a value which is missing stops all of it also where it is pasted into a console.
std::string script(const Facts& facts) {
  return "# 1. Connect, as an Exchange administrator (module ExchangeOnlineManagement).\n"
         "Connect-ExchangeOnline\n\n"
         "& {\n"
         "# 2. Values.\n" +
         variables(facts) + "\n# 3. The connector to this gateway.\n" + connector_commands() +
         "\n# 4. The mail flow rule.\n" + rule_commands(facts) + "\n# 5. Sizes, and what to check.\n" +
         size_commands(facts) + checks(facts) +
         "}\n\n# 6. When `pamsctl doctor` on the gateway shows nothing but ok: switch the rule on. Only then PAMS in the plugin.\n"
         "# Enable-TransportRule -Identity " +
         powershell_quoted(facts.rule) + "\n";
}

std::vector<std::string> eac_steps(const Facts& facts) {
  const auto gateway = facts.gateway.empty() ? "the gateway's name" : text::printable(facts.gateway);
  const auto name = "\"" + text::printable(facts.connector) + "\"";
  return {
      "Mail flow > Connectors > Add a connector. From: Office 365. To: Your organization's email server. (Zivver's guide: a connector of the same kind that leads to Zivver.)",
      "Name: " + name + ", turned on.",
      "Use of connector: only when I have a transport rule set up that redirects messages to this connector. (The same.)",
      "Routing, smart host: " + gateway + ". (Zivver's guide: smtp.zivver.com.)",
      "Security: always use TLS; issued by a trusted certificate authority; and the name must match: " +
          gateway +
          ". (Zivver's guide stops at the authority; with the name nobody else's certificate will do.)",
      "Validation: an address outside your organization.",
      "Mail flow > Rules > Add a rule. Name: \"" + text::printable(facts.rule) + "\".",
      "Apply this rule if: The message headers..., matches these text patterns: header \"" +
          text::printable(facts.header) + "\", pattern \"" + text::printable(facts.pattern) +
          "\". (The same.)",
      "Do the following: Redirect the message to, the following connector: " + name +
          ". (Zivver's guide: its own connector. One message takes one connector: switch that rule off.)",
      "Settings: Enforce; Defer the message if rule processing doesn't complete. (The same.)",
      "Order: after the rules for signatures and the like. Then switch the rule on. (The same.)",
      "Sizes: a mailbox may send at most " + std::to_string(facts.megabytes) +
          " MB, what the smart host takes. (Zivver's guide: 50 MB; Exchange Online's default is lower.)",
      "On the gateway: pamsctl connector validate, with --send-to.",
      "Only then switch PAMS on in Zivver's Office Plugin: EnableMailAssistedSubmission = 1. (The same.)",
  };
}

std::vector<std::string> warnings_of(const Config& config) {
  std::vector<std::string> warnings;
  const auto& policy = config.policy;
  if (policy.trust.exchange_online.empty())
    warnings.emplace_back(
        "pams-milter.toml has no [[trust.exchange_online]]: flagged mail from Exchange Online gets 451. Name certificate = \"mail.protection.outlook.com\" and your tenant's originator_org; the listener is in packaging/postfix/README.md.");
  if (!policy.pams.enabled)
    warnings.emplace_back(
        "[pams] enabled = false: flagged mail is not sent on. Set it to true before step 6.");
  return warnings;
}

/// Postfix's own name, when it is one that others could use.
std::string gateway_of(const Config& config) {
  if (config.settings.mta != MtaKind::Postfix) return "";
  const auto name = mta::Postfix(config.settings.postfix_config).parameter("myhostname");
  static const RE2 public_name(R"([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)");
  const bool is_public = name && RE2::FullMatch(*name, public_name) && !name->ends_with(".localdomain") &&
                         !name->ends_with(".local") && !name->ends_with(".internal");
  return is_public ? *name : "";
}

void print(const TenantSteps& steps) {
  for (const auto& warning : steps.warnings) std::cerr << "warning: " << warning << '\n';
  std::cout << steps.powershell << "\n# The same in the Exchange admin center, beside Zivver's guide:\n";
  for (std::size_t i = 0; i < steps.eac.size(); ++i)
    std::cout << "#  " << i + 1 << ". " << steps.eac[i] << '\n';
}

}  // namespace

std::string powershell_quoted(std::string_view value) {
  auto out = text::printable(value, value.size() * 4 + 1);
  for (const std::string_view quote : {"'", "\u2018", "\u2019", "\u201A", "\u201B"})
    out = text::replace_all(out, quote, std::string(quote) + std::string(quote));
  return "'" + out + "'";
}

TenantSteps exchange_online_steps(const Config& config, const std::string& gateway) {
  const auto facts = facts_of(config, gateway);
  TenantSteps steps{script(facts), eac_steps(facts), {}, warnings_of(config)};
  if (gateway.empty()) steps.to_fill_in = {"Gateway", "TlsDomain"};
  steps.to_fill_in.emplace_back("TestAddress");
  return steps;
}

int run_exchange_online(const Config& config, bool as_json) {
  const auto steps = exchange_online_steps(config, gateway_of(config));
  if (!as_json) {
    print(steps);
    return kFine;
  }
  const nlohmann::json answer{{"powershell", steps.powershell},
                              {"eac", steps.eac},
                              {"to_fill_in", steps.to_fill_in},
                              {"warnings", steps.warnings}};
  std::cout << answer.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  return kFine;
}

}  // namespace pams::milter::ctl
