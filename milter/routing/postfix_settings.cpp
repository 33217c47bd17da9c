#include "milter/routing/postfix_settings.hpp"

#include <algorithm>

#include "milter/base/parse_number.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::routing {
namespace {

constexpr std::string_view kSmtpGuardEnd = ",fail:flagged_mail_leaves_by_its_connector_only}";

constexpr std::uint64_t kRecipients = 10000;
constexpr std::uint64_t kCarrierRoom = 1U << 20U;

/// Before mail was sealed the transport sent it to the smart host, and such mail may still be queued under
/// its name, with the smart host's address. A connection from an address that is no machine's is never made.
std::vector<TransportSetting> bind_settings(Reach reach) {
  const bool socket_only = reach == Reach::SocketOnly;
  const std::string why =
      socket_only
          ? "nothing but the relay's socket can be reached: not even by mail that was queued for a smart host before"
          : "nothing but this machine can be reached";
  // RFC 7600: IANA's dummy address; RFC 6666: the discard prefix.
  return {{"lmtp_bind_address", socket_only ? "192.0.0.8" : "127.0.0.1", true, why},
          {"lmtp_bind_address6", socket_only ? "100::" : "::1", true, why},
          {"lmtp_bind_address_enforce", "yes", true, why}};
}

}  // namespace

Reach reach_of(const Listen& relay, bool enforces) {
  return !relay.unix_path.empty() && enforces ? Reach::SocketOnly : Reach::ThisMachine;
}

std::vector<TransportSetting> transport_settings(const rules::OutboundConnector& connector, Reach reach,
                                                 const std::string& maps) {
  std::vector<TransportSetting> settings{
      {"syslog_name", "postfix/" + connector.transport, false, "its log lines are found by this name"},
      {"lmtp_host_lookup", "native", false, "no DNS for a port on this machine"},
      {"lmtp_fallback_relay", "", true, "nobody else while the relay is down"},
      {"lmtp_tls_security_level", "none", true, "it is this machine; the relay verifies the smart host"},
      {"lmtp_tls_policy_maps", "", true, "a policy table beats the security level"},
      {"lmtp_tls_per_site", "", true, "a per-site table beats the security level"},
      {"lmtp_sasl_auth_enable", "no", true,
       "the relay logs in at the smart host, nobody logs in at the relay"},
      {"lmtp_send_xforward_command", "no", true, "no client data for the relay"},
      {"lmtp_discard_lhlo_keywords", "", true, "the relay is told of delivery notifications and sizes"},
      {"lmtp_discard_lhlo_keyword_address_maps", "", true, "the same"},
      {"lmtp_connection_cache_on_demand", "no", true, "one connection, one message"},
      {"lmtp_connection_cache_destinations", "", true, "one connection, one message"},
      {"lmtp_data_done_timeout", "1200s", false, "the relay answers when the smart host has answered"},
      {"lmtp_header_checks", "", true,
       "nothing edits what is sealed, and the guard rules there are for others"},
      {"lmtp_mime_header_checks", "", true, "nothing edits what is sealed"},
      {"lmtp_nested_header_checks", "", true, "nothing edits what is sealed"},
      {"lmtp_body_checks", "", true, "nothing edits what is sealed"},
      {"lmtp_generic_maps", "", true, "addresses reach the relay as they are"},
      {"lmtp_reply_filter", "", true, "the relay's answers are read as they are"},
      {"lmtp_delivery_status_filter", maps + kStatusTable, true,
       "what Postfix cannot hand to the relay waits; what the relay answers is never called something else"},
  };
  const auto bind = bind_settings(reach);
  settings.insert(settings.end(), bind.begin(), bind.end());
  return settings;
}

unsigned process_limit(const std::string& limit, const std::string& default_process_limit) {
  return leading_number<unsigned>(limit == "-" ? default_process_limit : limit).value_or(0);
}

unsigned transport_processes(const Config& config) {
  const auto transports = std::max<std::size_t>(config.policy.connectors.size(), 1);
  return std::max(1U, config.settings.relay.max_sessions / static_cast<unsigned>(transports));
}

bool is_former_table(const std::string& name) {
  return name == "pams_smtp_header_checks" || name.starts_with("pams_password_");
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
  return largest == 0 ? 0 : largest + largest / 5 * 2 + kCarrierRoom;
}

std::uint64_t needed_recipient_limit(const rules::Policy& policy) {
  return std::max(kRecipients, policy.limits.recipients);
}

std::string smtp_guard_rule(const std::string& maps) {
  return "pipemap:{" + maps + kSmtpGuardTable + std::string(kSmtpGuardEnd);
}

bool is_smtp_guard_rule(const std::string& element) { return element.ends_with(kSmtpGuardEnd); }

bool has_smtp_guard_rule(const Config& config) {
  const auto& pams = config.policy.pams;
  return pams.untrusted != rules::Untrusted::Keep && pams.zivver_peers.empty();
}

}  // namespace pams::milter::routing
