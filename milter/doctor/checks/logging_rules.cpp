#include "milter/doctor/checks/logging_rules.hpp"

#include <algorithm>
#include <array>

#include "milter/mta/postfix/postfix_text.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

constexpr std::array<std::string_view, 12> kLogged{"BCC",    "DISCARD", "FILTER",  "HOLD",
                                                   "INFO",   "PASS",    "PREPEND", "REDIRECT",
                                                   "REJECT", "REPLACE", "STRIP",   "WARN"};

bool is_logged(std::string_view action) {
  const auto word = action.substr(0, action.find_first_of(text::kBlank));
  return std::ranges::any_of(kLogged, [&](std::string_view one) { return text::iequals(word, one); });
}

std::string_view without_braces(std::string_view text) {
  text = text::trim(text);
  if (!text.starts_with('{') || !text.ends_with('}')) return text;
  return text::trim(text.substr(1, text.size() - 2));
}

/// regexp_table(5): a line that begins with a blank goes on with the one before.
std::vector<LoggingRule> logical_lines(std::string_view content) {
  std::vector<LoggingRule> lines;
  std::size_t number = 0;
  for (const auto raw : text::split(content, '\n')) {
    ++number;
    const auto line = text::trim(raw);
    if (line.empty() || line.starts_with('#')) continue;
    if (text::kBlank.find(raw.front()) != std::string_view::npos && !lines.empty()) {
      lines.back().text += " " + std::string(line);
      lines.back().last_line = number;
    } else {
      lines.push_back({std::string(line), number, number});
    }
  }
  return lines;
}

std::vector<LoggingRule> rules_of(const mta::TableName& table, std::string_view content) {
  if (!table.is_inline() && table.type != "static") return logical_lines(content);
  if (table.type == "static") return {{std::string(without_braces(content)), 0, 0}};
  std::vector<LoggingRule> rules;
  for (const auto& element : mta::split_list(without_braces(content)))
    rules.push_back({std::string(without_braces(element)), 0, 0});
  return rules;
}

struct Rule {
  std::string_view pattern;  ///< "" where the table has keys and no patterns
  std::string_view action;
};

/// `/pattern/flags action`, any delimiter; `!` in front turns the pattern over, and is part of it here.
Rule parse_pattern(std::string_view rule) {
  const auto begin = rule.find_first_not_of("! \t");
  if (begin == std::string_view::npos || text::is_alnum(rule[begin])) return {};  // such as "if" and "endif"
  auto end = begin + 1;
  while (end < rule.size() && rule[end] != rule[begin]) end += rule[end] == '\\' ? 2U : 1U;
  if (end >= rule.size()) return {};
  const auto blank = rule.find_first_of(text::kBlank, end);
  if (blank == std::string_view::npos) return {};
  const auto pattern = begin == 0 ? rule.substr(1, end - 1) : rule.substr(0, end);
  return {pattern, text::trim(rule.substr(blank))};
}

Rule parse(const mta::TableName& table, std::string_view rule) {
  if (table.type == "pcre" || table.type == "regexp") return parse_pattern(rule);
  if (table.type == "static") return {"", rule};
  const auto end = table.type == "inline" ? rule.find('=') : rule.find_first_of(text::kBlank);
  return {"", end == std::string_view::npos ? "" : text::trim(rule.substr(end + 1))};
}

/// Whether the pattern has a | of its own, outside of ( ) and [ ].
bool has_alternatives(std::string_view pattern) {
  int depth = 0;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '\\')
      ++at;
    else if (pattern[at] == '(' || pattern[at] == '[')
      ++depth;
    else if (pattern[at] == ')' || pattern[at] == ']')
      --depth;
    else if (pattern[at] == '|' && depth <= 0)
      return true;
  }
  return false;
}

/// "subject" of `^Subject:`, `^Subject[[:space:]]*:` and their like; "" of a pattern that may match others
/// too.
std::string field_of(std::string_view pattern) {
  if (!pattern.starts_with('^')) return "";
  pattern.remove_prefix(1);
  std::string name;
  for (; !pattern.empty(); pattern.remove_prefix(1)) {
    if (pattern.starts_with("\\-")) pattern.remove_prefix(1);
    if (!text::is_alnum(pattern.front()) && pattern.front() != '-' && pattern.front() != '_') break;
    name += pattern.front();
  }
  for (const std::string_view blanks : {"[[:space:]]*", "\\s*", "[ \\t]*", " *"})
    if (pattern.starts_with(blanks)) pattern.remove_prefix(blanks.size());
  return pattern.starts_with(':') && !has_alternatives(pattern) ? text::to_lower(name) : "";
}

bool is_harmless(std::string_view pattern, const std::vector<std::string>& harmless) {
  const auto field = field_of(pattern);
  return !field.empty() && std::ranges::any_of(harmless, [&](const std::string& name) {
    return name.ends_with('-') ? field.starts_with(name) : field == name;
  });
}

}  // namespace

std::vector<LoggingRule> logging_rules(const mta::TableName& table, std::string_view content,
                                       const std::vector<std::string>& harmless) {
  auto rules = rules_of(table, content);
  std::erase_if(rules, [&](const LoggingRule& rule) {
    const auto [pattern, action] = parse(table, rule.text);
    return !is_logged(action) || is_harmless(pattern, harmless);
  });
  return rules;
}

}  // namespace pams::milter::doctor
