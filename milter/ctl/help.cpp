// pamsctl help: the same as --help, and easier to guess.
#include "milter/ctl/cli/help.hpp"

#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "milter/ctl/cli/mistakes.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/output/standard_output.hpp"

namespace pams::milter::ctl {
namespace {

int run(const CLI::App& app, const std::vector<std::string>& words) {
  const auto all = cli::describe_all(app);
  const auto* command = &all;
  for (const auto& word : words) {
    const auto* below = command->subcommand(word);
    if (below == nullptr) {
      std::cerr << cli::unknown_subcommand(*command, word);
      return kUsage;
    }
    command = below;
  }
  output::page();
  std::cout << cli::help_text(*command);
  return kFine;
}

std::function<int()> declare(CLI::App& app, const Globals&) {
  auto words = std::make_shared<std::vector<std::string>>();
  app.add_option("command", *words, "The command, and its subcommand; all commands when left out");
  return [words, &app] { return run(app, *words); };
}

constexpr Example kExamples[] = {
    {"What commands are there?", "pamsctl help"},
    {"One command, with examples", "pamsctl help archive export"},
};

}  // namespace

extern const Command help;
const Command help{
    .name = "help",
    .summary = "Explain a command, with examples",
    .declare = declare,
    .examples = kExamples,
};

}  // namespace pams::milter::ctl
