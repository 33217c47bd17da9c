// pamsctl: arguments and wiring only. Each command is one file and one row of table.def.
#include <exception>
#include <functional>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "milter/config/config.hpp"
#include "milter/ctl/command.hpp"

namespace {

using namespace pams::milter;

int run(int argc, char** argv) {
  CLI::App app{"Looks at, tests and sets up pams-milter.", "pamsctl"};
  ctl::Globals globals{kDefaultConfig};
  app.add_option("--config", globals.config_file, "The configuration file")->capture_default_str();
  app.set_version_flag("--version", std::string("pamsctl " PAMS_VERSION));
  app.require_subcommand(1);
  std::function<int()> chosen;
  for (const auto* command : ctl::commands()) {
    auto* sub = app.add_subcommand(std::string(command->name), std::string(command->summary));
    sub->fallthrough();  // --config may stand after the command too
    sub->callback([&chosen, run_it = command->declare(*sub, globals)] { chosen = run_it; });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? ctl::kFine : ctl::kUsage;
  }
  return chosen();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "pamsctl: " << e.what() << '\n';
    return ctl::kFoundWrong;
  }
}
