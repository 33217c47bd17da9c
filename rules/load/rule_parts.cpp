#include "rules/load/rule_parts.hpp"

#include <algorithm>

#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"

namespace pams::rules {
namespace {

template <class Table>
std::vector<std::string> names_in(const Table& table) {
  std::vector<std::string> names;
  for (const auto* entry : table) names.emplace_back(entry->name);
  return names;
}

/// `true` says "with nothing else", which an empty table says too.
schema::Value as_table_if_true(const schema::Value& value, std::span<const schema::Param> params) {
  const auto* flag = value.as<bool>();
  const bool needs_nothing = std::ranges::none_of(params, [](const schema::Param& p) { return p.required; });
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
  constexpr std::size_t kMax = 120;
  std::string out;
  std::visit(
      overloaded{
          [&](bool flag) { out = flag ? "true" : "false"; },
          [&](std::int64_t number) { out = std::to_string(number); },
          [&](double number) { out = std::to_string(number); },
          [&](const std::string& text) { out = "\"" + text::printable(text, kMax) + "\""; },
          [&](const schema::Instant& instant) { out = std::to_string(instant.time_since_epoch().count()); },
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
  return text::printable(out, 2 * kMax);
}

}  // namespace pams::rules
