// pamsctl check: every mistake in the configuration, each at its place.
#include <iostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "milter/config/config.hpp"
#include "milter/ctl/command.hpp"

namespace pams::milter::ctl {
namespace {

nlohmann::json to_json(const Diagnostic& diagnostic) {
  const auto& at = diagnostic.at;
  return {{"file", at.source == nullptr ? "" : at.source->name},
          {"line", at.line},
          {"column", at.column},
          {"severity", diagnostic.severity == Severity::Error ? "error" : "warning"},
          {"text", diagnostic.text}};
}

void print_json(const Loaded& loaded) {
  auto all = nlohmann::json::array();
  for (const auto& diagnostic : loaded.diagnostics.all()) all.push_back(to_json(diagnostic));
  std::cout << nlohmann::json{{"ok", loaded.config != nullptr}, {"diagnostics", all}}.dump(
                   2, ' ', false, nlohmann::json::error_handler_t::replace)
            << '\n';
}

void print_text(const Loaded& loaded, const std::string& file) {
  std::cerr << loaded.diagnostics.text();
  if (loaded.config == nullptr)
    std::cerr << file << ": " << loaded.diagnostics.errors()
              << " error(s); pams-milter does not start with this\n";
  else
    std::cout << file << ": no errors, " << loaded.config->policy.rules.size() << " rule(s), "
              << loaded.config->policy.connectors.size() << " connector(s)\n";
}

std::function<int()> declare(CLI::App& app, const Globals& globals) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "Print JSON");
  return [json, &globals] {
    const auto loaded = load_config(globals.config_file);
    if (*json)
      print_json(loaded);
    else
      print_text(loaded, globals.config_file);
    return loaded.config != nullptr ? kFine : kFoundWrong;
  };
}

}  // namespace

extern const Command check{"check", "Check the configuration and report all mistakes at once", declare};

}  // namespace pams::milter::ctl
