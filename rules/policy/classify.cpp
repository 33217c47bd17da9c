#include "rules/policy/classify.hpp"

#include <algorithm>
#include <stdexcept>

#include <re2/re2.h>

#include "rules/base/text.hpp"
#include "rules/policy/flag.hpp"

namespace pams::rules {
namespace {

constexpr std::string_view kComesFromZivver = "X-Zivver-Transport";
constexpr std::string_view kSkip = "skip-zivver-relay";

bool in_ranges(const std::vector<IpRange>& ranges, const Client& client) {
  const auto address = parse_ip(client.address);
  return address &&
         std::ranges::any_of(ranges, [&](const IpRange& range) { return range.contains(*address); });
}

/// The certificate is shared by all customers of Microsoft 365: it proves who wrote X-OriginatorOrg, no more.
bool is_our_exchange_online(const ExchangeOnlineTrust& trust, const Headers& headers, const Client& client) {
  if (client.certificate.empty() || !text::iequals(client.certificate, trust.certificate)) return false;
  const auto organizations = fields_named(headers, "X-OriginatorOrg");
  if (organizations.size() != 1) return false;
  const auto value = organizations.front()->unfolded();
  return !value.empty() && std::ranges::any_of(trust.originator_org, [&](const std::string& allowed) {
    return text::iequals(allowed, value);
  });
}

/// Why the peer is trusted; "" when it is not.
std::string trusted_by(const Trust& trust, const Headers& headers, const Client& client) {
  if (in_ranges(trust.networks, client)) return "trust.networks";
  if (trust.authenticated && !client.authenticated.empty()) return "authenticated";
  if (std::ranges::any_of(trust.exchange_online,
                          [&](const auto& t) { return is_our_exchange_online(t, headers, client); }))
    return "exchange_online";
  return "";
}

bool matches(const Pams& pams, const HeaderField& field) {
  const auto decoded = field.decoded();
  const auto value = text::trim(decoded);
  return !value.empty() && pams.pattern != nullptr &&
         RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), *pams.pattern);
}

/// What makes a flagged message one that must not be relayed as it stands; "" when nothing does.
std::string anomaly(const Pams& pams, const Headers& headers, const std::vector<const HeaderField*>& flags,
                    const Client& client) {
  for (const auto name : {kComesFromZivver, kSkip})
    if (!in_ranges(pams.zivver_peers, client) && !fields_named(headers, name).empty())
      return pams.header + " together with " + std::string(name) +
             " from a peer that is not in pams.zivver_peers";
  const auto first = flags.front()->unfolded();
  if (std::ranges::any_of(flags, [&](const auto* field) { return field->unfolded() != first; }))
    return "several " + pams.header + " fields with different values";
  if (!matches(pams, *flags.front())) return "the value of " + pams.header + " does not match pams.pattern";
  return "";
}

Classification untrusted_flag(const Policy& policy, const Envelope& envelope) {
  Classification c{.value = MessageClass::Inbound, .flag_present = true};
  c.reason = policy.pams.header + " from an untrusted peer";
  c.untrusted_relay = std::ranges::any_of(
      envelope.recipients, [&](const auto& address) { return !policy.organization.has_address(address); });
  if (c.untrusted_relay) c.reason += " to a recipient outside the organization";
  c.strip_flag = policy.pams.untrusted == Untrusted::Strip;
  c.reject_flag = policy.pams.untrusted == Untrusted::Reject;
  return c;
}

}  // namespace

std::string_view to_string(MessageClass value) {
  switch (value) {
    case MessageClass::Outbound:
      return "outbound";
    case MessageClass::Inbound:
      return "inbound";
    case MessageClass::Flagged:
      return "flagged";
    case MessageClass::Anomaly:
      return "anomaly";
  }
  throw std::logic_error("a message class without a name");
}

Classification classify(const Policy& policy, const Headers& headers, const Envelope& envelope,
                        const Client& client, std::string_view limits_exceeded) {
  const auto& pams = policy.pams;
  const auto flags = fields_named(headers, pams.header);
  const auto trusted = trusted_by(policy.trust, headers, client);
  Classification c{.reason = trusted, .trusted = !trusted.empty(), .flag_present = !flags.empty()};
  if (!limits_exceeded.empty()) {
    c.value = MessageClass::Anomaly;
    c.reason = "limit exceeded: " + std::string(limits_exceeded);
  } else if (flags.empty()) {
    c.value = c.trusted ? MessageClass::Outbound : MessageClass::Inbound;
    if (!c.trusted) c.reason = "the peer is not trusted";
  } else if (in_ranges(pams.zivver_peers, client) && !fields_named(headers, kComesFromZivver).empty()) {
    c.value = MessageClass::Outbound;
    c.reason = "comes back from Zivver";
  } else if (!c.trusted) {
    return untrusted_flag(policy, envelope);
  } else if (auto why = anomaly(pams, headers, flags, client); !why.empty()) {
    c.value = MessageClass::Anomaly;
    c.reason = std::move(why);
  } else {
    c.value = MessageClass::Flagged;
  }
  return c;
}

}  // namespace pams::rules
