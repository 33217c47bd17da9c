// pamsctl: arguments and wiring only. Each command is one file and one row of table.def.
#include <algorithm>
#include <exception>
#include <functional>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "milter/config/config.hpp"
#include "milter/ctl/cli/free_words.hpp"
#include "milter/ctl/cli/help.hpp"
#include "milter/ctl/cli/mistakes.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/output/standard_output.hpp"

namespace {

using namespace pams::milter;

std::function<int()> declare_all(CLI::App& app, ctl::Globals& globals) {
  app.add_option("--config", globals.config_file, "The configuration file")
      ->capture_default_str()
      ->type_name("FILE");
  app.set_version_flag("--version", std::string("pamsctl " PAMS_VERSION));
  app.require_subcommand(1);
  app.formatter_fn([](const CLI::App* asked, const std::string&, CLI::AppFormatMode) {
    return ctl::cli::help_text(ctl::cli::describe(*asked));
  });
  const auto chosen = std::make_shared<std::function<int()>>();
  for (const auto* command : ctl::commands()) {
    auto* sub = app.add_subcommand(std::string(command->name), std::string(command->summary));
    if (command->is_hidden) sub->group("");
    sub->fallthrough();  // --config may stand after the command too
    sub->callback([chosen, run_it = command->declare(*sub, globals)] { *chosen = run_it; });
  }
  return [chosen] { return (*chosen)(); };
}

int run(int argc, char** argv) {
  CLI::App app{"Looks at, tests and sets up pams-milter.", "pamsctl"};
  ctl::Globals globals{kDefaultConfig};
  const auto chosen = declare_all(app, globals);
  const auto all = ctl::cli::describe(app);
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (const auto mistake = ctl::cli::first_mistake(all, words)) {
    std::cerr << *mistake;
    return ctl::kUsage;
  }
  auto parsed = ctl::cli::with_arguments_last(all, words);
  std::ranges::reverse(parsed);  // as CLI11 takes them
  try {
    app.parse(std::move(parsed));
  } catch (const CLI::Success& asked_for_help) {
    return app.exit(asked_for_help);
  } catch (const CLI::ParseError& e) {
    std::cerr << ctl::cli::complaint(ctl::cli::chosen_command(all, words), e.what());
    return ctl::kUsage;
  }
  return chosen();
}

}  // namespace

int main(int argc, char** argv) {
  ctl::output::take_standard_output();
  int code = ctl::kFoundWrong;
  try {
    code = run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "pamsctl: " << e.what() << '\n';
  }
  return ctl::output::finish(code);
}
