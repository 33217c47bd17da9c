#include "milter/routing/route.hpp"

#include <algorithm>
#include <filesystem>

#include "milter/mta/postfix/postfix_text.hpp"
#include "milter/seal/carrier.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::routing {
namespace {

constexpr std::size_t kLongestDomain = 253;   // RFC 1035 3.1
constexpr std::size_t kLongestAddress = 254;  // Sendmail's MAXNAME is 256

/// RFC 5322 3.2.3 dot-atom. Without "!" and "%": Sendmail may read them as a route of its own.
bool is_plain_local_part(std::string_view local) {
  static constexpr std::string_view kOthers = "#$&'*+-/=?^_`{|}~.";
  return !local.empty() && local.front() != '.' && local.back() != '.' && local.find("..") == local.npos &&
         std::ranges::all_of(
             local, [](char c) { return text::is_alnum(c) || kOthers.find(c) != std::string_view::npos; });
}

bool is_domain(std::string_view domain) {
  return !domain.empty() && domain.front() != '.' && domain.back() != '.' &&
         domain.find("..") == domain.npos && std::ranges::all_of(domain, [](char c) {
           return text::is_alnum(c) || c == '-' || c == '_' || c == '.';
         });
}

}  // namespace

std::string relay_address(const Listen& relay, const std::string& queue_directory) {
  if (relay.unix_path.empty()) return relay.for_postfix();
  const auto below = std::filesystem::path(relay.unix_path).lexically_relative(queue_directory).string();
  const bool inside = !queue_directory.empty() && !below.empty() && !below.starts_with("..");
  return "unix:" + (inside ? below : relay.unix_path);
}

std::string route_action(const rules::OutboundConnector& connector, const std::string& relay) {
  return "FILTER " + connector.transport + ":" + relay;
}

std::string sealed_rules(const Config& config, const std::string& relay) {
  const auto field = "/^" + mta::regex_escaped(seal::kSealedHeader) + "[[:space:]]*:";
  std::string rules;
  // A long field may be folded: between its parts stands any white space.
  for (const auto& connector : config.policy.connectors)
    rules += field + ".*;[[:space:]]*via=" + mta::regex_escaped(connector.transport) + "[[:space:]]*$/ " +
             route_action(connector, relay) + "\n";
  if (const auto* flagged = config.policy.connector(config.policy.pams.connector))
    rules += field + "/ " + route_action(*flagged, relay) + "\n";
  return rules;
}

std::string status_rules() {
  return "# 1: pams-relay has refused it\n/^(5\\..* said: 5.*)$/ $1\n"
         "# 2: a next hop that is not found, a loop: no word about the message, so it waits\n"
         "/^5(\\..*)$/ 4$1\n";
}

std::string route_suffix(const rules::OutboundConnector& connector) {
  return "." + connector.transport + "." + kRouteDomain;
}

std::optional<std::string> routed_address(std::string_view address, const std::string& suffix) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  const auto domain = address.substr(at + 1);
  if (!is_plain_local_part(address.substr(0, at)) || !is_domain(domain)) return std::nullopt;
  if (text::to_lower(domain).find(kRouteDomain) != std::string::npos) return std::nullopt;
  if (domain.size() + suffix.size() > kLongestDomain || address.size() + suffix.size() > kLongestAddress)
    return std::nullopt;
  return std::string(address) + suffix;
}

}  // namespace pams::milter::routing
