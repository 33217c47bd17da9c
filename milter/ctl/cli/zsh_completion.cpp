#include "milter/ctl/cli/completion.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl::cli {
namespace {

std::string in_quotes(std::string_view text) { return "'" + text::replace_all(text, "'", "'\\''") + "'"; }

/// In a specification of _arguments : [ ] end the text, and \ takes that from them.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view(":[]\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string action_of(const OptionDescription& option) {
  if (!option.choices.empty()) return "(" + text::join(option.choices, " ") + ")";
  return option.value == "FILE" ? "_files" : " ";
}

std::string function_of(const CommandDescription& command) {
  return "_" + text::replace_all(text::replace_all(command.name, " ", "_"), "-", "_");
}

std::string line(const std::string& specification) { return " \\\n    " + in_quotes(specification); }

std::string options_of(const std::vector<OptionDescription>& options) {
  std::string out;
  for (const auto& option : options)
    for (const auto& name : option.names)
      out += line((option.is_repeatable ? "*" : "") + name + "[" + escaped(option.help) + "]" +
                  (option.is_flag() ? "" : ":" + escaped(option.value) + ":" + action_of(option)));
  return out;
}

std::string arguments_of(const CommandDescription& command) {
  std::string out;
  for (const auto& argument : command.arguments)
    out += line(std::string(argument.is_repeatable ? "*:"
                            : argument.is_required ? ":"
                                                   : "::") +
                escaped(argument.names.front()) + ":" + action_of(argument));
  return out;
}

std::string subcommands_of(const CommandDescription& command) {
  std::string words;
  std::string calls;
  for (const auto& below : command.subcommands) {
    if (below.is_hidden) continue;
    words += "      " + in_quotes(escaped(below.word) + ":" + below.summary) + "\n";
    calls += "        " + below.word + ") " + function_of(below) + " ;;\n";
  }
  return "  case $state in\n    command)\n      local -a commands=(\n" + words +
         "      )\n      _describe -t commands command commands ;;\n    arguments)\n      case $line[1] in\n" +
         calls + "      esac ;;\n  esac\n";
}

std::string functions_of(const CommandDescription& command, std::vector<OptionDescription> inherited) {
  if (command.is_hidden) return "";
  inherited.insert(inherited.begin(), command.options.begin(), command.options.end());
  std::string out;
  for (const auto& below : command.subcommands) out += functions_of(below, inherited);
  out += function_of(command) + "() {\n";
  if (command.subcommands.empty())
    return out + "  _arguments" + options_of(inherited) + arguments_of(command) + "\n}\n";
  return out + "  local curcontext=$curcontext state line\n  _arguments -C" + options_of(inherited) +
         line("1: :->command") + line("*:: :->arguments") + "\n" + subcommands_of(command) + "}\n";
}

}  // namespace

std::string zsh_completion(const CommandDescription& root) {
  return "#compdef pamsctl\n# Made by `pamsctl completion zsh`; do not edit.\n" + functions_of(root, {}) +
         "_pamsctl \"$@\"\n";
}

}  // namespace pams::milter::ctl::cli
