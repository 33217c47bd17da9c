#include "milter/ctl/cli/describe.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "rules/base/text.hpp"

namespace pams::milter::ctl::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string full_name(const CLI::App& app) {
  const auto* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : full_name(*parent) + " " + app.get_name();
}

/// CLI11 writes the values of IsMember after the type's name: "TEXT:{eml,mboxrd,zip}".
void split_choices(OptionDescription& option) {
  const auto open = option.value.find(":{");
  if (open == std::string::npos || !option.value.ends_with('}')) return;
  const auto list = option.value.substr(open + 2, option.value.size() - open - 3);
  for (const auto choice : text::split(list, ',')) option.choices.emplace_back(choice);
  option.value.resize(open);
}

OptionDescription to_description(const CLI::Option& option, bool as_argument) {
  OptionDescription out;
  if (as_argument) out.names = {option.get_name(true)};
  if (!as_argument) {
    for (const auto& name : option.get_snames()) out.names.push_back("-" + name);
    for (const auto& name : option.get_lnames()) out.names.push_back("--" + name);
  }
  if (option.get_items_expected_max() > 0) out.value = option.get_type_name();
  split_choices(out);
  if (!out.is_flag()) out.standard = option.get_default_str();
  out.help = option.get_description();
  out.is_required = option.get_required();
  out.is_repeatable = option.get_expected_max() > 1;
  return out;
}

/// A command that only has subcommands shows the first example of each. An example belongs to the command
/// whose words stand at its beginning.
bool belongs(const Example& example, const CommandDescription& command) {
  const auto& name = command.name;
  if (!example.line.starts_with(name + " ") && example.line != name) return false;
  return std::ranges::none_of(command.subcommands, [&](const CommandDescription& below) {
    return example.line.starts_with(below.name + " ") || example.line == below.name;
  });
}

void add_examples(CommandDescription& command) {
  for (const auto* one : commands())
    std::ranges::copy_if(one->examples, std::back_inserter(command.examples),
                         [&](const Example& example) { return belongs(example, command); });
  if (!command.examples.empty()) return;
  for (const auto& below : command.subcommands)
    if (!below.examples.empty()) command.examples.push_back(below.examples.front());
}

Json to_json(const OptionDescription& option) {
  return {{"names", option.names},
          {"value", option.value},
          {"choices", option.choices},
          {"default", option.standard},
          {"help", option.help},
          {"required", option.is_required},
          {"repeatable", option.is_repeatable}};
}

template <class T>
Json array_of(const std::vector<T>& all) {
  auto out = Json::array();
  for (const auto& one : all) out.push_back(to_json(one));
  return out;
}

}  // namespace

const OptionDescription* find_option(std::span<const CommandDescription* const> commands,
                                     const std::string& name) {
  for (auto command = commands.rbegin(); command != commands.rend(); ++command)
    for (const auto& option : (*command)->options)
      if (std::ranges::find(option.names, name) != option.names.end()) return &option;
  return nullptr;
}

const CommandDescription* CommandDescription::subcommand(std::string_view wanted) const {
  const auto found = std::ranges::find(subcommands, wanted, &CommandDescription::word);
  return found == subcommands.end() ? nullptr : &*found;
}

CommandDescription describe(const CLI::App& app) {
  CommandDescription out;
  out.name = full_name(app);
  out.word = app.get_name();
  out.summary = app.get_description();
  out.is_hidden = app.get_parent() != nullptr && app.get_group().empty();
  out.needs_subcommand = app.get_require_subcommand_min() > 0;
  for (const auto* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    if (option->get_positional()) out.arguments.push_back(to_description(*option, true));
    if (option->nonpositional()) out.options.push_back(to_description(*option, false));
  }
  for (const auto* below : app.get_subcommands([](const CLI::App*) { return true; }))
    out.subcommands.push_back(describe(*below));
  if (app.get_parent() != nullptr) add_examples(out);
  return out;
}

CommandDescription describe_all(const CLI::App& app) {
  const auto* root = &app;
  while (root->get_parent() != nullptr) root = root->get_parent();
  return describe(*root);
}

Json to_json(const CommandDescription& command) {
  auto examples = Json::array();
  for (const auto& example : command.examples)
    examples.push_back({{"what", example.what}, {"line", example.line}});
  return {{"name", command.name},
          {"summary", command.summary},
          {"hidden", command.is_hidden},
          {"needs_subcommand", command.needs_subcommand},
          {"options", array_of(command.options)},
          {"arguments", array_of(command.arguments)},
          {"examples", examples},
          {"subcommands", array_of(command.subcommands)}};
}

}  // namespace pams::milter::ctl::cli
