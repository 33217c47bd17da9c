/// Which settings of Postfix the routing stands on, as data: the setup writes them, the doctor demands them.
/// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "milter/config/config.hpp"

namespace pams::milter::routing {

/// A `-o` of a connector's transport.
struct TransportSetting {
  std::string name;
  std::string value;
  bool demanded;  ///< flagged mail waits while another value holds
  std::string why;
};

/// Where a connector's transport can connect to, whatever address is recorded with a message in the queue.
enum class Reach {
  SocketOnly,  ///< the relay's unix socket: there is no TCP connection that the transport could make
  ThisMachine  ///< any port of this machine: the relay listens at one, or Postfix is older than 3.7
};

/// `enforces`: Postfix knows lmtp_bind_address_enforce.
Reach reach_of(const Listen& relay, bool enforces);

/// The transport is Postfix's lmtp client, which hands carriers to the relay on this machine. `maps`: as
/// map_prefix() gives it.
std::vector<TransportSetting> transport_settings(const rules::OutboundConnector& connector, Reach reach,
                                                 const std::string& maps);

/// How many processes the transport of one connector may have, so that all of them together find a session of
/// the relay.
unsigned transport_processes(const Config& config);
/// So many it may have now; 0 = without limit. `limit`: the service's, in master.cf.
unsigned process_limit(const std::string& limit, const std::string& default_process_limit);

/// `{ unix:…, default_action=tempfail, … }`
std::string milter_entry(const std::string& address);

/// Our tables, by file name in the directory of main.cf.
inline constexpr const char* kGuardTable = "pams_header_checks";
inline constexpr const char* kSealedTable = "pams_milter_header_checks";
inline constexpr const char* kStatusTable = "pams_delivery_status";
inline constexpr const char* kSmtpGuardTable = "pams_smtp_guard";
inline constexpr const char* kFormerSmtpGuardTable = "pams_last_net";  ///< its name until 2026-11-27

/// Tables of the setup before messages were sealed: what the smtp transport took out, and the passwords.
bool is_former_table(const std::string& name);

/// The last guard rule, the first table of smtp_header_checks and lmtp_header_checks for all transports but
/// the connectors': the client stops at a table that fails (header_checks(5) knows no other action there that
/// holds a message), and this one fails for the flag alone. Run on 3.7.11: deferred, "local data error".
std::string smtp_guard_rule(const std::string& maps);
bool is_smtp_guard_rule(const std::string& element);  ///< whatever its table is called
/// Not where the flag may rightly leave by another way: kept on inbound mail, or on mail back from Zivver.
bool has_smtp_guard_rule(const Config& config);

/// bounce_size_limit: notices carry the header of what they are about and never its body.
inline constexpr const char* kBounceSize = "1";

/// "pcre:/etc/postfix/"; regexp: where Postfix was built without PCRE.
std::string map_prefix(const std::vector<std::string>& map_types, const std::string& config_directory);

/// The largest message of any connector as a carrier, which is longer: base64, a header and a note, and
/// room for what disclaimers add. 0 when none has a limit.
std::uint64_t needed_message_size(const rules::Policy& policy);

/// So many recipients must fit into one transaction at the smart host (Postfix's own default is 50).
std::uint64_t needed_recipient_limit(const rules::Policy& policy);

}  // namespace pams::milter::routing
