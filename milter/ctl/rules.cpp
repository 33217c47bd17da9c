// pamsctl rules doc: every condition and action, from the very tables that the parser reads.
#include <iostream>

#include <CLI/CLI.hpp>

#include "milter/ctl/command.hpp"
#include "rules/actions/action.hpp"
#include "rules/base/text.hpp"
#include "rules/conditions/condition.hpp"

namespace pams::milter::ctl {
namespace {

void print_params(std::span<const schema::Param> params) {
  for (const auto& param : params) {
    std::cout << "    " << param.key << ": " << param.doc;
    if (param.required) std::cout << " Required.";
    if (!param.fallback.empty()) std::cout << " Default: " << param.fallback << ".";
    std::cout << '\n';
  }
}

template <class Row>
void print_row(const Row& row) {
  std::cout << "\n  " << row.name << '\n' << "    " << row.summary << '\n';
  if (!row.exchange.empty()) std::cout << "    Exchange: " << row.exchange << '\n';
  print_params(row.params);
}

std::string one_line(std::string_view message) { return text::replace_all(message, "\n", "\\n"); }

int print_all() {
  std::cout
      << "Conditions: keys of [transport_rule.if], all must hold; the same keys in [transport_rule.except_if], any one\n"
         "that holds switches the rule off.\n";
  for (const auto* condition : rules::conditions()) {
    print_row(*condition);
    for (const auto& example : condition->examples)
      std::cout << "    e.g. " << condition->name << " = " << example.toml
                << (example.matches ? "  holds for " : "  does not hold for ") << one_line(example.message)
                << '\n';
  }
  std::cout << "\nActions: one for each [[transport_rule.do]], carried out in order.\n";
  for (const auto* action : rules::actions()) {
    print_row(*action);
    for (const auto& example : action->examples)
      std::cout << "    e.g. " << action->name << " = " << example.toml << '\n';
  }
  return kFine;
}

std::function<int()> declare(CLI::App& app, const Globals&) {
  app.require_subcommand(1);
  app.add_subcommand("doc", "Print every condition and action with its parameters and examples");
  return print_all;
}

constexpr Example kExamples[] = {
    {"Read the manual of the rule language", "pamsctl rules doc | less"},
};

}  // namespace

extern const Command rules;
const Command rules{
    .name = "rules",
    .summary = "Describe the rule language (rules doc)",
    .declare = declare,
    .examples = kExamples,
};

}  // namespace pams::milter::ctl
