/// [[transport_rule]]: its properties, conditions and exceptions.
#include <algorithm>
#include <array>

#include "rules/base/text.hpp"
#include "rules/load/rule_actions.hpp"
#include "rules/load/rule_parts.hpp"

namespace pams::rules {
namespace {

using schema::Param;
using schema::Type;

constexpr std::string_view kModes[] = {"enforce", "audit", "audit_and_notify"};
constexpr std::string_view kErrorActions[] = {"defer", "ignore"};
constexpr std::string_view kSenderLocations[] = {"header", "envelope", "header_or_envelope"};
constexpr std::string_view kRecipients[] = {"any", "all"};
constexpr Param kRule[] = {
    {.key = "name", .type = Type::Text, .doc = "What the trace calls it.", .required = true},
    {.key = "mode",
     .type = Type::Choice,
     .doc = "Whether the rule acts, or only tells what it would do.",
     .fallback = "\"enforce\"",
     .choices = kModes},
    {.key = "enabled", .type = Type::Bool, .doc = "Whether the rule is looked at.", .fallback = "true"},
    {.key = "rule_error_action",
     .type = Type::Choice,
     .doc = "What is done with the message when the rule fails; flagged mail is always deferred.",
     .fallback = "\"defer\"",
     .choices = kErrorActions},
    {.key = "stop_rule_processing",
     .type = Type::Bool,
     .doc = "Whether later rules are left out when this one matches.",
     .fallback = "false"},
    {.key = "activation_date", .type = Type::Moment, .doc = "The rule holds from then on."},
    {.key = "expiry_date", .type = Type::Moment, .doc = "The rule holds until then."},
    {.key = "sender_address_location",
     .type = Type::Choice,
     .doc = "Where the sender is read.",
     .fallback = "\"header\"",
     .choices = kSenderLocations},
    {.key = "recipients",
     .type = Type::Choice,
     .doc = "Whether a condition on recipients must hold for any or for all.",
     .fallback = "\"any\"",
     .choices = kRecipients},
};
constexpr std::string_view kApart[] = {"if", "except_if", "do"};

std::size_t choice(const schema::Args& args, std::string_view key,
                   std::span<const std::string_view> choices) {
  return static_cast<std::size_t>(std::ranges::find(choices, args.text(key)) - choices.begin());
}

void read_properties(const schema::Args& args, TransportRule& rule) {
  rule.name = args.text("name");
  rule.mode = std::array{Mode::Enforce, Mode::Audit, Mode::AuditAndNotify}.at(choice(args, "mode", kModes));
  rule.enabled = args.flag("enabled");
  rule.error_action =
      choice(args, "rule_error_action", kErrorActions) == 0 ? ErrorAction::Defer : ErrorAction::Ignore;
  rule.stop_rule_processing = args.flag("stop_rule_processing");
  if (args.has("activation_date")) rule.activation = args.moment("activation_date");
  if (args.has("expiry_date")) rule.expiry = args.moment("expiry_date");
  rule.scope.sender = std::array{SenderAddressLocation::Header, SenderAddressLocation::Envelope,
                                 SenderAddressLocation::HeaderOrEnvelope}
                          .at(choice(args, "sender_address_location", kSenderLocations));
  rule.scope.recipients =
      choice(args, "recipients", kRecipients) == 0 ? RecipientMatch::Any : RecipientMatch::All;
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
