/// Everything that decides a message's fate, compiled from the configuration. Immutable after loading; any
/// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/actions/action.hpp"
#include "rules/base/ip_range.hpp"
#include "rules/conditions/condition.hpp"
#include "rules/connector/outbound_connector.hpp"
#include "rules/journal/journal_rule.hpp"
#include "rules/message/mime_map.hpp"
#include "rules/message/organization.hpp"
#include "rules/schema/value.hpp"

namespace re2 {
class RE2;
}

namespace pams::rules {

enum class Mode { Enforce, Audit, AuditAndNotify };
enum class ErrorAction { Defer, Ignore };

struct RuleCondition {
  const Condition* condition;
  Predicate predicate;
};
struct RuleAction {
  const Action* action;
  Step step;
  std::string summary;     ///< as configured, for the trace: `archive { to = "compliance" }`
  bool sets_flag = false;  ///< `set_header` of pams.header: the message is a flagged one from then on
};

/// Exchange: TransportRule. Rules run in file order.
struct TransportRule {
  std::string name;
  Mode mode = Mode::Enforce;
  bool enabled = true;
  ErrorAction error_action = ErrorAction::Defer;
  bool stop_rule_processing = false;
  std::optional<schema::Instant> activation, expiry;
  Scope scope;
  std::vector<RuleCondition> conditions;  ///< all must hold
  std::vector<RuleCondition> exceptions;  ///< any one that holds switches the rule off
  std::vector<RuleAction> actions;        ///< in list order
};

struct ExchangeOnlineTrust {
  std::string certificate;
  std::vector<std::string> originator_org;
};
struct Trust {
  std::vector<IpRange> networks;
  bool authenticated = true;
  std::vector<ExchangeOnlineTrust> exchange_online;
};

enum class OnAnomaly { Defer, Reject };
enum class Untrusted { Strip, Reject, Keep };
/// What everybody can read of a sealed message's subject.
enum class CarrierSubject { Hide, Keep };
/// What the relay does with a recipient that the sealed message does not have.
enum class ExtraRecipients { Drop, Refuse };

/// [pams]
struct Pams {
  bool enabled = true;
  std::string header = "zivver-relay";
  std::shared_ptr<const re2::RE2> pattern;
  std::string connector;
  OnAnomaly on_anomaly = OnAnomaly::Defer;
  OnAnomaly when_disabled = OnAnomaly::Reject;
  Untrusted untrusted = Untrusted::Strip;
  std::vector<IpRange> zivver_peers;
  CarrierSubject carrier_subject = CarrierSubject::Hide;
  ExtraRecipients extra_recipients = ExtraRecipients::Drop;
};

struct Limits {
  std::uint64_t header_bytes = 1U << 20U;
  std::uint64_t header_count = 5000;
  std::uint64_t recipients = 10000;
  std::chrono::seconds evaluation_time{60};
  MimeLimits mime;
};

struct Policy {
  Organization organization;
  Trust trust;
  Pams pams;
  std::vector<OutboundConnector> connectors;
  std::vector<TransportRule> rules;
  Limits limits;
  Journal journal;

  const OutboundConnector* connector(std::string_view name) const;
  /// Whether any enabled rule must see the body.
  bool rules_need_body() const;
  /// Or something else: journal reports hold the whole message.
  bool needs_body() const { return rules_need_body() || !journal.rules.empty(); }
};

/// The field that marks what the gateway has sealed. Whoever brings it must bring what was sealed; rules do
/// not touch it.
inline constexpr std::string_view kSealedHeader = "X-PAMS-Sealed";

}  // namespace pams::rules
