#include <algorithm>

#include "milter/ctl/cli/completion.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl::cli {
namespace {

/// The function looks things up by the command's words: "pamsctl archive export", and " --format" for a
/// value.
constexpr std::string_view kFunction = R"sh(
_pamsctl() {
  local current=${COMP_WORDS[COMP_CWORD]} command=pamsctl value_of= word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    if [[ $value_of ]]; then
      value_of=
    elif [[ ${_pamsctl_values["$command $word"]+is_set} ]]; then
      value_of=$word
    elif [[ " ${_pamsctl_subcommands[$command]} " == *" $word "* ]]; then
      command+=" $word"
    fi
  done
  local wanted
  if [[ $value_of ]]; then
    wanted=${_pamsctl_values["$command $value_of"]}
  elif [[ $current == -* ]]; then
    wanted=${_pamsctl_options[$command]}
  else
    wanted="${_pamsctl_subcommands[$command]} ${_pamsctl_arguments[$command]}"
  fi
  case " $wanted " in
    *" FILE "*)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    *)
      mapfile -t COMPREPLY < <(compgen -W "$wanted" -- "$current") ;;
  esac
}
complete -F _pamsctl pamsctl
)sh";

struct Tables {
  std::string subcommands, options, values, arguments;
};

std::string row(const std::string& key, const std::string& value) {
  return "  [\"" + key + "\"]=\"" + value + "\"\n";
}

std::string values_of(const OptionDescription& option) {
  if (!option.choices.empty()) return text::join(option.choices, " ");
  return option.value == "FILE" ? "FILE" : "";
}

void collect(const CommandDescription& command, std::vector<OptionDescription> inherited, Tables& tables) {
  if (command.is_hidden) return;
  std::vector<std::string> words;
  for (const auto& below : command.subcommands)
    if (!below.is_hidden) words.push_back(below.word);
  tables.subcommands += row(command.name, text::join(words, " "));
  inherited.insert(inherited.begin(), command.options.begin(), command.options.end());
  std::vector<std::string> options;
  for (const auto& option : inherited)
    for (const auto& name : option.names) {
      if (std::ranges::find(options, name) == options.end()) options.push_back(name);
      if (!option.is_flag()) tables.values += row(command.name + " " + name, values_of(option));
    }
  tables.options += row(command.name, text::join(options, " "));
  std::vector<std::string> arguments;
  for (const auto& argument : command.arguments) arguments.push_back(values_of(argument));
  tables.arguments += row(command.name, text::join(arguments, " "));
  for (const auto& below : command.subcommands) collect(below, inherited, tables);
}

std::string table(const std::string& name, const std::string& rows) {
  return "declare -gA _pamsctl_" + name + "=(\n" + rows + ")\n";
}

}  // namespace

std::string bash_completion(const CommandDescription& root) {
  Tables tables;
  collect(root, {}, tables);
  return "# bash completion for pamsctl. Made by `pamsctl completion bash`; do not edit.\n" +
         table("subcommands", tables.subcommands) + table("options", tables.options) +
         table("values", tables.values) + table("arguments", tables.arguments) + std::string(kFunction);
}

}  // namespace pams::milter::ctl::cli
