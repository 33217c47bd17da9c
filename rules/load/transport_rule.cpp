#include "rules/load/transport_rule.hpp"

#include <algorithm>
#include <array>

#include <re2/re2.h>

#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"
#include "rules/policy/flag.hpp"

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

template <class Table>
std::vector<std::string> names_in(const Table& table) {
  std::vector<std::string> names;
  for (const auto* entry : table) names.emplace_back(entry->name);
  return names;
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

/// `set_header` of the flag: the rule flags the message (Secure Direct Reply).
bool sets_flag(const ReadAction& read, const Pams& pams) {
  return read.action.action->name == "set_header" &&
         header_key(read.args.text("name")) == header_key(pams.header);
}

/// A value that would be an anomaly if the message came with it is a mistake of the rule.
void check_flag_value(const ReadAction& read, const Reading& reading, const Pams& pams) {
  const auto& value = read.args.text("value");
  if (pams.pattern != nullptr && !RE2::PartialMatch(value, *pams.pattern))
    reading.error(read.args.at("value"),
                  "value: '" + text::printable(value) + "' does not match pams.pattern");
}

/// A rule may not touch what decides the route; and what it names must exist.
void check_action(const ReadAction& read, const Location& at, const Reading& reading, const Names& names) {
  const auto name = read.action.action->name;
  if (read.action.sets_flag) {
    check_flag_value(read, reading, names.policy.pams);
  } else if (name == "set_header" || name == "remove_header") {
    const auto key = header_key(read.args.text("name"));
    for (const auto& guarded : {names.policy.pams.header, std::string(kSealedHeader)})
      if (key == header_key(guarded))
        reading.error(at,
                      "no rule may change the header " + guarded + ": it decides where the message leaves");
  }
  if (name == "run_hook" && reading.files.check_program)
    if (const auto fine = reading.files.check_program(read.args.words("command").front()); !fine)
      reading.error(read.args.at("command"), "command: " + fine.error().what);
  if (name == "archive" && std::ranges::find(names.archives, read.args.text("to")) == names.archives.end())
    reading.error(read.args.at("to"), nothing_named("archive", read.args.text("to"), names.archives));
  if (name == "route_message_outbound_connector" &&
      names.policy.connector(read.args.text("connector")) == nullptr)
    reading.error(read.args.at("connector"), nothing_named("outbound connector", read.args.text("connector"),
                                                           names_of(names.policy.connectors)));
}

/// Two rules that name different connectors may meet in one message.
void warn_of_second_route(const TransportRule& rule, const ReadAction& read, const Reading& reading,
                          Names& names) {
  if (read.action.action->name != "route_message_outbound_connector") return;
  if (!rule.enabled || rule.mode != Mode::Enforce) return;
  const auto& connector = read.args.text("connector");
  for (const auto& [other, route] : names.routes)
    if (route != connector) {
      reading.diagnostics.warning(read.args.at("connector"),
                                  "rule '" + other + "' names the connector '" + route +
                                      "': for a message that both rules match, it wins");
      break;
    }
  names.routes.emplace_back(rule.name, connector);
}

/// The connector that the action names; "" for every other action.
std::string route_of(const ReadAction& read) {
  const bool routes = read.action.action->name == "route_message_outbound_connector";
  return routes ? read.args.text("connector") : "";
}

/// A rule that flags says where the message goes, as in Exchange, and its fault is never passed over.
void check_flagging_rule(const schema::Value& table, const Reading& reading, const Pams& pams,
                         const TransportRule& rule, const std::vector<std::string>& routes) {
  if (std::ranges::find(routes, pams.connector) == routes.end())
    reading.error(table.at(), "no rule may change the header " + pams.header +
                                  ": it decides where the message leaves; a rule that flags mail also needs "
                                  "the action route_message_outbound_connector = \"" +
                                  pams.connector + "\"");
  if (rule.error_action == ErrorAction::Ignore)
    reading.error(table.at(), "rule '" + rule.name + "' sets " + pams.header +
                                  ": with rule_error_action = \"ignore\" the message could leave unsecured");
}

/// A client that waits too long for its answer sends the message again, and it is there twice.
void warn_of_long_hooks(const TransportRule& rule, const ReadAction& read, const Reading& reading,
                        Names& names) {
  // RFC 5321 4.5.3.2.6: it waits ten minutes; two are left for everything else.
  constexpr std::uint64_t kMost = 480;
  if (read.action.action->name != "run_hook" || !rule.enabled || rule.mode != Mode::Enforce) return;
  const auto before = names.hook_seconds;
  names.hook_seconds += read.args.number("timeout");
  if (before <= kMost && names.hook_seconds > kMost)
    reading.diagnostics.warning(read.args.at("command"),
                                "a message that meets this hook and all before it may take " +
                                    std::to_string(names.hook_seconds) +
                                    " s; the sender waits 600 s, then sends it again");
}

void read_actions(const schema::Value& table, const Reading& reading, Names& names, TransportRule& rule) {
  const auto* list = table.find("do");
  if (list == nullptr) {
    if (!rule.stop_rule_processing)
      reading.diagnostics.warning(table.at(),
                                  "rule '" + rule.name + "' does nothing: it has no [[transport_rule.do]]");
    return;
  }
  std::vector<std::string> routes;
  for (const auto* element : tables_of(*list, "[[transport_rule.do]]", reading)) {
    const auto* members = element->as<schema::Table>();
    if (members == nullptr || members->size() != 1) {
      reading.error(element->at(),
                    "[[transport_rule.do]] holds exactly one action; write one more "
                    "[[transport_rule.do]] for each further one");
      continue;
    }
    auto read = read_action(members->front(), reading);
    if (!read) continue;
    read->action.sets_flag = sets_flag(*read, names.policy.pams);
    check_action(*read, members->front().key_at, reading, names);
    warn_of_second_route(rule, *read, reading, names);
    routes.emplace_back(route_of(*read));
    warn_of_long_hooks(rule, *read, reading, names);
    rule.actions.push_back(std::move(read->action));
  }
  if (std::ranges::any_of(rule.actions, &RuleAction::sets_flag))
    check_flagging_rule(table, reading, names.policy.pams, rule, routes);
}

/// `true` says "with nothing else", which an empty table says too.
schema::Value as_table_if_true(const schema::Value& value, std::span<const Param> params) {
  const auto* flag = value.as<bool>();
  const bool needs_nothing = std::ranges::none_of(params, [](const Param& p) { return p.required; });
  return flag != nullptr && *flag && needs_nothing ? schema::Value(schema::Table{}, value.at()) : value;
}

}  // namespace

std::optional<RuleCondition> read_condition(const schema::Member& member, std::string_view where,
                                            const Reading& reading) {
  const auto* condition = find_condition(member.key);
  if (condition == nullptr) {
    schema::report_unknown(member, where, names_in(conditions()), reading.diagnostics);
    return std::nullopt;
  }
  const auto args =
      schema::read_value(member.value, condition->params, member.key, reading.files, reading.diagnostics);
  if (!args) return std::nullopt;
  auto predicate = condition->compile(*args);
  if (!predicate) {
    reading.error(member.value.at(), member.key + ": " + predicate.error().what);
    return std::nullopt;
  }
  return RuleCondition{condition, std::move(*predicate)};
}

std::optional<ReadAction> read_action(const schema::Member& member, const Reading& reading) {
  const auto* action = find_action(member.key);
  if (action == nullptr) {
    schema::report_unknown(member, "do", names_in(actions()), reading.diagnostics);
    return std::nullopt;
  }
  auto args = schema::read_value(as_table_if_true(member.value, action->params), action->params, member.key,
                                 reading.files, reading.diagnostics);
  if (!args) return std::nullopt;
  auto step = action->compile(*args);
  if (!step) {
    reading.error(member.value.at(), member.key + ": " + step.error().what);
    return std::nullopt;
  }
  const auto* flag = member.value.as<bool>();
  auto summary = member.key + (flag != nullptr ? "" : " " + as_written(member.value));
  return ReadAction{{action, std::move(*step), std::move(summary)}, std::move(*args)};
}

std::string as_written(const schema::Value& value) {
  constexpr std::size_t kMost = 120;
  std::string out;
  std::visit(
      overloaded{
          [&](bool flag) { out = flag ? "true" : "false"; },
          [&](std::int64_t number) { out = std::to_string(number); },
          [&](double number) { out = std::to_string(number); },
          [&](const std::string& text) { out = "\"" + text::printable(text, kMost) + "\""; },
          [&](const schema::Instant& moment) { out = std::to_string(moment.time_since_epoch().count()); },
          [&](const schema::Array& array) {
            for (const auto& element : array) out += (out.empty() ? "" : ", ") + as_written(element);
            out = "[" + out + "]";
          },
          [&](const schema::Table& table) {
            for (const auto& member : table)
              out += (out.empty() ? "" : ", ") + member.key + " = " + as_written(member.value);
            out = "{ " + out + " }";
          },
      },
      value.data());
  return text::printable(out, 2 * kMost);
}

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
