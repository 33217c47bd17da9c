/// [[transport_rule]]: its properties, conditions and exceptions.
#include <algorithm>

#include "rules/base/text.hpp"
#include "rules/load/rule_actions.hpp"
#include "rules/load/rule_parts.hpp"
#include "rules/schema/choices.hpp"

namespace pams::rules {
namespace {

using schema::Param;
using schema::Type;

constexpr auto kModes = schema::choices<Mode>(
    {{"enforce", Mode::Enforce}, {"audit", Mode::Audit}, {"audit_and_notify", Mode::AuditAndNotify}});
constexpr auto kErrorActions =
    schema::choices<ErrorAction>({{"defer", ErrorAction::Defer}, {"ignore", ErrorAction::Ignore}});
constexpr auto kSenderLocations =
    schema::choices<SenderAddressLocation>({{"header", SenderAddressLocation::Header},
                                            {"envelope", SenderAddressLocation::Envelope},
                                            {"header_or_envelope", SenderAddressLocation::HeaderOrEnvelope}});
constexpr auto kRecipients =
    schema::choices<RecipientMatch>({{"any", RecipientMatch::Any}, {"all", RecipientMatch::All}});
constexpr Param kRule[] = {
    {.key = "name", .type = Type::Text, .doc = "What the trace calls it.", .required = true},
    {.key = "mode",
     .type = Type::Choice,
     .doc = "Whether the rule acts, or only tells what it would do.",
     .fallback = "\"enforce\"",
     .choices = kModes.names},
    {.key = "enabled", .type = Type::Bool, .doc = "Whether the rule is looked at.", .fallback = "true"},
    {.key = "rule_error_action",
     .type = Type::Choice,
     .doc = "What is done with the message when the rule fails; flagged mail is always deferred.",
     .fallback = "\"defer\"",
     .choices = kErrorActions.names},
    {.key = "stop_rule_processing",
     .type = Type::Bool,
     .doc = "Whether later rules are left out when this one matches.",
     .fallback = "false"},
    {.key = "activation_date", .type = Type::DateTime, .doc = "The rule holds from then on."},
    {.key = "expiry_date", .type = Type::DateTime, .doc = "The rule holds until then."},
    {.key = "sender_address_location",
     .type = Type::Choice,
     .doc = "Where the sender is read.",
     .fallback = "\"header\"",
     .choices = kSenderLocations.names},
    {.key = "recipients",
     .type = Type::Choice,
     .doc = "Whether a condition on recipients must hold for any or for all.",
     .fallback = "\"any\"",
     .choices = kRecipients.names},
};
constexpr std::string_view kApart[] = {"if", "except_if", "do"};

void read_properties(const schema::Args& args, TransportRule& rule) {
  rule.name = args.text("name");
  rule.mode = kModes.at(args.text("mode"));
  rule.enabled = args.flag("enabled");
  rule.error_action = kErrorActions.at(args.text("rule_error_action"));
  rule.stop_rule_processing = args.flag("stop_rule_processing");
  if (args.has("activation_date")) rule.activation = args.instant("activation_date");
  if (args.has("expiry_date")) rule.expiry = args.instant("expiry_date");
  rule.scope.sender = kSenderLocations.at(args.text("sender_address_location"));
  rule.scope.recipients = kRecipients.at(args.text("recipients"));
}

void check_properties(const schema::Args& args, const Reading& reading, const TransportRule& rule,
                      const std::vector<TransportRule>& others) {
  if (text::trim(rule.name).empty()) reading.error(args.at("name"), "name: a rule needs a name");
  if (std::ranges::any_of(others, [&](const auto& other) { return text::iequals(other.name, rule.name); }))
    reading.error(args.at("name"), "there is a rule '" + rule.name + "' already");
  if (rule.activation && rule.expiry && *rule.expiry <= *rule.activation)
    reading.error(args.at("expiry_date"), "expiry_date: the rule would end before it begins");
  if (rule.mode == Mode::AuditAndNotify)
    reading.diagnostics.warning(args.at("mode"),
                                "audit_and_notify notifies nobody yet: the rule only audits");
}

std::vector<RuleCondition> read_conditions(const schema::Value& rule, std::string_view key,
                                           const Reading& reading) {
  std::vector<RuleCondition> conditions;
  const auto* table = rule.find(key);
  if (table == nullptr) return conditions;
  const auto* members = table->as<schema::Table>();
  if (members == nullptr) {
    reading.error(table->at(),
                  std::string(key) + " must be a table: write [transport_rule." + std::string(key) + "]");
    return conditions;
  }
  for (const auto& member : *members)
    if (auto condition = read_condition(member, key, reading)) conditions.push_back(std::move(*condition));
  return conditions;
}

}  // namespace

std::span<const Param> rule_params() { return kRule; }

void read_rule(const schema::Value& table, const Reading& reading, Names& names,
               std::vector<TransportRule>& rules) {
  TransportRule rule;
  const auto args = reading.table(without_keys(table, kApart), kRule, "[[transport_rule]]");
  if (args) {
    read_properties(*args, rule);
    check_properties(*args, reading, rule, rules);
  }
  rule.conditions = read_conditions(table, "if", reading);
  rule.exceptions = read_conditions(table, "except_if", reading);
  read_actions(table, reading, names, rule);
  rules.push_back(std::move(rule));
}

}  // namespace pams::rules
