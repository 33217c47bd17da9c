#include "packaging/man/command_table.hpp"

#include <vector>

#include <nlohmann/json.hpp>

#include "rules/base/text.hpp"

namespace pams::manual {
namespace {

using nlohmann::json;

std::string text_at(const json& entry, const char* key) { return entry.at(key).get<std::string>(); }
bool flag_at(const json& entry, const char* key) { return entry.at(key).get<bool>(); }
std::vector<std::string> texts_at(const json& entry, const char* key) {
  return entry.at(key).get<std::vector<std::string>>();
}

/// "--since TEXT", "-o, --output FILE"
std::string names_of(const json& option) {
  auto out = text::join(texts_at(option, "names"), ", ");
  const auto value = text_at(option, "value");
  return value.empty() ? out : out + " " + value;
}

/// "[--json]", "--eml FILE", "NAME", "[QUERY...]"
std::string in_synopsis(const json& option, bool is_argument) {
  const auto names = texts_at(option, "names");
  auto out = names.at(names.size() - 1);
  if (!is_argument && !text_at(option, "value").empty()) out += " " + text_at(option, "value");
  if (flag_at(option, "repeatable")) out += "...";
  return flag_at(option, "required") ? out : "[" + out + "]";
}

bool is_help(const json& option) {
  const auto names = texts_at(option, "names");
  return std::ranges::find(names, "--help") != names.end();
}

std::string synopsis(const json& command) {
  auto out = text_at(command, "name");
  for (const auto& option : command.at("options"))
    if (!is_help(option)) out += " " + in_synopsis(option, false);
  for (const auto& argument : command.at("arguments")) out += " " + in_synopsis(argument, true);
  return out;
}

std::string row(const json& option, const std::string& title) {
  auto out = "`" + title + "`\n: " + text_at(option, "help");
  if (!out.ends_with('.')) out += ".";
  if (const auto choices = texts_at(option, "choices"); !choices.empty())
    out += " One of `" + text::join(choices, "`, `") + "`.";
  if (const auto standard = text_at(option, "default"); !standard.empty())
    out += " Default: `" + standard + "`.";
  return out + "\n";
}

std::string examples_of(const json& command) {
  std::string out;
  for (const auto& example : command.at("examples"))
    out += "    # " + text_at(example, "what") + "\n    " + text_at(example, "line") + "\n";
  return out.empty() ? out : "\n" + out;
}

/// A command that needs a subcommand is only a name before its subcommands.
void add(const json& command, std::string& out) {
  if (flag_at(command, "hidden")) return;
  if (!flag_at(command, "needs_subcommand")) {
    out += "## " + text_at(command, "name") + "\n" + text_at(command, "summary") + ".\n\n    " +
           synopsis(command) + "\n";
    for (const auto& argument : command.at("arguments"))
      out += row(argument, text::join(texts_at(argument, "names"), ", "));
    for (const auto& option : command.at("options"))
      if (!is_help(option)) out += row(option, names_of(option));
    out += examples_of(command) + "\n";
  }
  for (const auto& below : command.at("subcommands")) add(below, out);
}

}  // namespace

std::string command_table(const json& root) {
  std::string out;
  for (const auto& option : root.at("options"))
    if (!is_help(option)) out += row(option, names_of(option));
  for (const auto& command : root.at("subcommands")) add(command, out);
  return out;
}

}  // namespace pams::manual
