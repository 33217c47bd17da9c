#include "milter/connector/postfix_settings.hpp"

#include <algorithm>

#include "rules/base/text.hpp"

namespace pams::milter {
namespace {

constexpr std::uint64_t kRecipients = 10000;

std::string security_level(const rules::OutboundConnector& connector) {
  return connector.tls_settings == rules::TlsSettings::EncryptionOnly ? "encrypt" : "secure";
}

/// smtp_tls_secure_cert_match. Of several smart hosts each must show its own name, not another's: that is
/// what "nexthop" means, host by host.
std::string certificate_match(const rules::OutboundConnector& connector) {
  return connector.tls_domain.empty() ? "nexthop" : connector.tls_domain;
}

/// SMTP AUTH. Postfix logs in after TLS, and with the level "secure" there is no after without a verified
/// certificate; so a mechanism that shows the password itself does no harm, and is what smart hosts offer.
void add_authentication(const rules::OutboundConnector& connector, const std::string& folder,
                        std::vector<TransportSetting>& settings) {
  const bool has_user = !connector.username.empty();
  settings.push_back(
      {"smtp_sasl_auth_enable", has_user ? "yes" : "no", true,
       has_user ? "the smart host demands a password" : "no passwords of other relays for the smart host"});
  if (!has_user) return;
  settings.insert(
      settings.end(),
      {{"smtp_sasl_password_maps", "texthash:" + folder + "/" + password_map(connector), true,
        "this connector's password and no other"},
       {"smtp_sender_dependent_authentication", "no", true, "no senders' own passwords for the smart host"},
       {"smtp_sasl_type", "cyrus", true, "the SASL client that Debian's Postfix has"},
       {"smtp_sasl_path", "", true, "no other SASL configuration from main.cf"},
       {"smtp_sasl_security_options", "noanonymous", true,
        "PLAIN and LOGIN are fine: only over verified TLS"},
       {"smtp_sasl_tls_security_options", "noanonymous", true, "PLAIN and LOGIN are fine over verified TLS"},
       {"smtp_sasl_tls_verified_security_options", "noanonymous", true,
        "PLAIN and LOGIN are fine over verified TLS"},
       {"smtp_sasl_mechanism_filter", "plain,login", true, "what pamsctl connector validate tries too"},
       {"smtp_sasl_auth_soft_bounce", "yes", true,
        "a wrong password lets mail wait, it does not bounce it"}});
}

}  // namespace

std::vector<std::string> certificate_names(const rules::OutboundConnector& connector) {
  if (!connector.tls_domain.empty()) return {connector.tls_domain};
  std::vector<std::string> names;
  for (const auto& host : connector.smart_hosts)
    if (std::ranges::find(names, host.name) == names.end()) names.push_back(host.name);
  return names;
}

std::vector<TransportSetting> transport_settings(const rules::OutboundConnector& connector,
                                                 const std::string& maps, const std::string& folder) {
  std::vector<TransportSetting> settings{
      {"syslog_name", "postfix/" + connector.transport, false, "its log lines are found by this name"},
      {"smtp_tls_security_level", security_level(connector), true,
       "TLS with a verified chain and name, or no delivery"},
      {"smtp_tls_secure_cert_match", certificate_match(connector), false,
       "the name that the certificate must carry"},
      {"smtp_tls_CAfile", connector.tls_ca_file, true, "the authorities that are believed"},
      {"smtp_tls_CApath", "", true, "no other authorities from main.cf"},
      {"smtp_tls_trust_anchor_file", "", true, "no other trust anchors from main.cf"},
      {"tls_append_default_CA", "no", true, "no other authorities from the system"},
      {"smtp_tls_mandatory_protocols", ">=TLSv1.2", true, "no TLS 1.0 and 1.1"},
      {"smtp_tls_mandatory_ciphers", "high", true, "main.cf could allow ciphers that do not encrypt"},
      {"tls_high_cipherlist", "HIGH:!aNULL:!eNULL", true,
       "main.cf could call a cipher high that does not encrypt"},
      {"tls_required_enable", "no", true,
       "with Postfix 3.10 a header \"TLS-Required: no\" would switch the verification off"},
      {"smtp_tls_policy_maps", "", true, "a policy table beats the security level"},
      {"smtp_tls_per_site", "", true, "a per-site table beats the security level"},
      {"smtp_tls_wrappermode", "no", true, "STARTTLS, as the smart host expects"},
      {"smtp_tls_connection_reuse", "no", true, "a connection of another transport is not used"},
      {"smtp_connection_cache_on_demand", "no", true, "a connection of another message is not used"},
      {"smtp_connection_cache_destinations", "", true, "a connection of another message is not used"},
      {"smtp_tls_loglevel", "1", false, "the log shows that TLS was verified"},
      {"smtp_fallback_relay", "", true, "no other host when the smart host is down"},
      {"smtp_send_xforward_command", "no", true, "no client data for the smart host"},
      {"smtp_generic_maps", "", true, "addresses reach the smart host as they are"},
      {"smtp_header_checks", maps + kTransportMap, false, "the route marker stays here"},
      {"smtp_mime_header_checks", "", true, "parts of the message stay as they are"},
      {"smtp_nested_header_checks", "", true, "attached messages stay as they are"},
      {"smtp_body_checks", "", true, "the body stays as it is"},
      {"smtp_reply_filter", "", true, "the smart host's answers are read as they are"},
      {"smtp_delivery_status_filter", "", true, "a delivery that failed is never called something else"},
      {"smtp_dns_reply_filter", "", true, "the smart host's address is not rewritten"},
  };
  add_authentication(connector, folder, settings);
  return settings;
}

std::string password_map(const rules::OutboundConnector& connector) {
  return kPasswordMaps + connector.transport;
}

std::string milter_entry(const std::string& address) {
  return "{ " + address +
         ", default_action=tempfail, connect_timeout=10s, command_timeout=30s, content_timeout=300s }";
}

std::string map_prefix(const std::vector<std::string>& map_types, const std::string& config_directory) {
  const bool has_pcre = std::ranges::find(map_types, "pcre") != map_types.end();
  return (has_pcre ? "pcre:" : "regexp:") + config_directory + "/";
}

std::uint64_t needed_message_size(const rules::Policy& policy) {
  std::uint64_t largest = 0;
  for (const auto& connector : policy.connectors) largest = std::max(largest, connector.max_message_size);
  return largest + largest / 5 * 2;
}

std::uint64_t needed_recipient_limit(const rules::Policy& policy) {
  return std::max(kRecipients, policy.limits.recipients);
}

std::string last_net(const std::string& maps) {
  return "pipemap:{" + maps + kLastNetMap + ",fail:flagged_mail_leaves_by_its_connector_only}";
}

bool has_last_net(const Config& config) {
  const auto& pams = config.policy.pams;
  return pams.untrusted != rules::Untrusted::Keep && pams.zivver_peers.empty();
}

}  // namespace pams::milter
