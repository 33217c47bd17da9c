#include "rules/policy/classify.hpp"

#include <algorithm>
#include <stdexcept>

#include <re2/re2.h>

#include "rules/base/text.hpp"
#include "rules/policy/flag.hpp"
#include "rules/policy/hidden_flag.hpp"
#include "rules/unicode/address.hpp"

namespace pams::rules {
namespace {

bool in_ranges(const std::vector<IpRange>& ranges, const Client& client) {
  const auto address = parse_ip(client.address);
  return address &&
         std::ranges::any_of(ranges, [&](const IpRange& range) { return range.contains(*address); });
}

bool is_exchange_online(const ExchangeOnlineTrust& trust, const Client& client) {
  return !client.certificate.empty() && text::iequals(client.certificate, trust.certificate);
}

/// The certificate is shared by all customers of Microsoft 365: it proves who wrote X-OriginatorOrg, no more.
bool is_our_exchange_online(const ExchangeOnlineTrust& trust, const Headers& headers, const Client& client) {
  if (!is_exchange_online(trust, client)) return false;
  const auto organizations = fields_named(headers, "X-OriginatorOrg");
  if (organizations.size() != 1) return false;
  const auto value = organizations.front()->unfolded();
  return !value.empty() &&
         std::ranges::find(trust.originator_org, canonical_domain(value)) != trust.originator_org.end();
}

/// Why the peer is trusted, if it is.
std::optional<std::string> trusted_by(const Trust& trust, const Headers& headers, const Client& client) {
  if (in_ranges(trust.networks, client)) return "trust.networks";
  if (trust.authenticated && !client.authenticated.empty()) return "authenticated";
  if (std::ranges::any_of(trust.exchange_online,
                          [&](const auto& t) { return is_our_exchange_online(t, headers, client); }))
    return "exchange_online";
  return std::nullopt;
}

bool matches(const Pams& pams, const HeaderField& field) {
  const auto decoded = field.decoded();
  const auto value = text::trim(decoded);
  return !value.empty() && pams.pattern != nullptr &&
         RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), *pams.pattern);
}

/// What makes a flagged message one that must not be relayed as it stands.
std::optional<std::string> anomaly(const Policy& policy, const Headers& headers,
                                   const std::vector<const HeaderField*>& flags, const Client& client) {
  const auto& pams = policy.pams;
  if (auto why = forged_guard(policy, headers, client)) return why;
  const auto first = flags.front()->unfolded();
  if (std::ranges::any_of(flags, [&](const auto* field) { return field->unfolded() != first; }))
    return "several " + pams.header + " fields with different values";
  if (!matches(pams, *flags.front())) return "the value of " + pams.header + " does not match pams.pattern";
  return std::nullopt;
}

Classification untrusted_flag(const Policy& policy, const Envelope& envelope) {
  Classification c{.value = MessageClass::Inbound, .flag_present = true};
  c.reason = policy.pams.header + " from an untrusted peer";
  c.untrusted_relay = reaches_outside(policy, envelope);
  if (c.untrusted_relay) c.reason += " to a recipient outside the organization";
  c.unlisted_server = !c.untrusted_relay && policy.organization.has_address(envelope.sender);
  c.strip_flag = policy.pams.untrusted == Untrusted::Strip;
  c.reject_flag = policy.pams.untrusted == Untrusted::Reject;
  return c;
}

/// Where Exchange Online hands mail in, the MTA relays for whoever has a verified certificate: it can ask
/// neither for the name nor for the customer, who share one. What is not ours is refused here.
bool may_relay_by_mistake(const Trust& trust, const Client& client) {
  return !trust.exchange_online.empty() && !client.certificate.empty();
}

Classification unflagged(const Policy& policy, const Envelope& envelope, const Client& client,
                         Classification c) {
  c.value = c.trusted ? MessageClass::Outbound : MessageClass::Inbound;
  if (c.trusted) return c;
  c.reason = "the peer is not trusted";
  if (!may_relay_by_mistake(policy.trust, client) || !reaches_outside(policy, envelope)) return c;
  c.untrusted_relay = true;
  c.reason =
      "a client certificate that is not Exchange Online's with a single X-OriginatorOrg of ours, to a recipient outside the organization";
  return c;
}

}  // namespace

bool is_zivver(const Policy& policy, const Client& client) {
  return in_ranges(policy.pams.zivver_peers, client) && !in_ranges(policy.trust.networks, client);
}

bool comes_back_from_zivver(const Policy& policy, const Headers& headers, const Client& client) {
  return is_zivver(policy, client) && !fields_named(headers, kZivverMarks[0]).empty();
}

std::optional<std::string> forged_guard(const Policy& policy, const Headers& headers, const Client& client) {
  if (is_zivver(policy, client)) return std::nullopt;
  const bool is_both = in_ranges(policy.pams.zivver_peers, client);
  for (const auto name : kZivverMarks)
    if (!fields_named(headers, name).empty())
      return policy.pams.header + " together with " + std::string(name) +
             (is_both ? " from a peer of pams.zivver_peers that is in trust.networks, too"
                      : " from a peer that is not in pams.zivver_peers");
  return std::nullopt;
}

bool reaches_outside(const Policy& policy, const Envelope& envelope) {
  return std::ranges::any_of(
      envelope.recipients, [&](const auto& address) { return !policy.organization.has_recipient(address); });
}

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
                        const Client& client, std::string_view limits_exceeded, std::string_view body) {
  const auto& pams = policy.pams;
  const auto flags = fields_named(headers, pams.header);
  const auto trusted = trusted_by(policy.trust, headers, client);
  Classification c{
      .reason = trusted.value_or(""), .trusted = trusted.has_value(), .flag_present = !flags.empty()};
  if (!limits_exceeded.empty()) {
    c.value = MessageClass::Anomaly;
    c.reason = "limit exceeded: " + std::string(limits_exceeded);
  } else if (!fields_named(headers, kSealedHeader).empty()) {
    c.value = MessageClass::Anomaly;
    c.brings_seal = true;
    c.reason = std::string(kSealedHeader) + ", and nothing that this gateway has sealed";
  } else if (auto where =
                 flags.empty() && c.trusted ? hidden_flag(headers, body, pams.header) : std::nullopt) {
    c.value = MessageClass::Anomaly;
    c.reason = std::move(*where);
  } else if (flags.empty()) {
    return unflagged(policy, envelope, client, std::move(c));
  } else if (comes_back_from_zivver(policy, headers, client)) {
    c.value = MessageClass::Outbound;
    c.reason = "comes back from Zivver";
  } else if (!c.trusted) {
    return untrusted_flag(policy, envelope);
  } else if (auto why = anomaly(policy, headers, flags, client)) {
    c.value = MessageClass::Anomaly;
    c.reason = std::move(*why);
  } else {
    c.value = MessageClass::Flagged;
  }
  return c;
}

}  // namespace pams::rules
