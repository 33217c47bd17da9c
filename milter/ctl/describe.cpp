// pamsctl describe: the whole command line as JSON, for the program that makes the manual page.
#include "milter/ctl/cli/describe.hpp"

#include <iostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "milter/ctl/command.hpp"

namespace pams::milter::ctl {
namespace {

std::function<int()> declare(CLI::App& app, const Globals&) {
  return [&app] {
    std::cout << cli::to_json(cli::describe_all(app)).dump(2) << '\n';
    return kFine;
  };
}

constexpr Example kExamples[] = {
    {"All commands, options and examples", "pamsctl describe"},
};

}  // namespace

extern const Command describe;
const Command describe{
    .name = "describe",
    .summary = "Print the command line as JSON: commands, options, examples",
    .declare = declare,
    .examples = kExamples,
    .is_hidden = true,
};

}  // namespace pams::milter::ctl
