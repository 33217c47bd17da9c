/// The command line as data: what pamsctl's commands, options and examples are. Help, completion, the manual
/// page and the hints about misspelt words all read this, so that none can differ from what is parsed.
///
/// Pure: reads CLI11's declarations, parses nothing.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "milter/ctl/command.hpp"

namespace pams::milter::ctl::cli {

struct OptionDescription {
  std::vector<std::string> names;  // "-h", "--help"; of an argument: its name only
  std::string value;               // what stands after it: TEXT, FILE, UINT; "" for a flag
  std::vector<std::string> choices;
  std::string standard;  // the default; "" for none
  std::string help;
  bool is_required = false, is_repeatable = false;

  bool is_flag() const { return value.empty(); }
};

struct CommandDescription {
  std::string name;  // "pamsctl archive export"
  std::string word;  // "export"
  std::string summary;
  bool is_hidden = false, needs_subcommand = false;
  std::vector<OptionDescription> options, arguments;
  std::vector<Example> examples;
  std::vector<CommandDescription> subcommands;

  /// Null when there is no such subcommand.
  const CommandDescription* subcommand(std::string_view wanted) const;
};

/// `app` and all below it.
CommandDescription describe(const CLI::App& app);
/// The same for the whole program that `app` is a part of.
CommandDescription describe_all(const CLI::App& app);

/// The option that a command has, or one of the commands above it; the nearest one. Null when there is none.
const OptionDescription* find_option(std::span<const CommandDescription* const> commands,
                                     const std::string& name);

nlohmann::ordered_json to_json(const CommandDescription& command);

}  // namespace pams::milter::ctl::cli
