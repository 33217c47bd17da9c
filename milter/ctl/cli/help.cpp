#include "milter/ctl/cli/help.hpp"

#include <algorithm>

#include "rules/base/text.hpp"

namespace pams::milter::ctl::cli {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kLongestName = 26;  // a longer one has a line of its own

/// `text` from column `indent` on; the first line is already at column `at`.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t at) {
  std::string out;
  bool is_first = true;
  for (const auto word : text::split(text, ' ')) {
    if (!is_first && at + 1 + word.size() > kWidth) {
      out += '\n' + std::string(indent, ' ');
      at = indent;
    } else if (!is_first) {
      out += ' ';
      ++at;
    }
    out += word;
    at += word.size();
    is_first = false;
  }
  return out + "\n";
}

/// "  NAME   what it is", the text in one column from `indent` on.
std::string entry(const std::string& name, const std::string& help, std::size_t indent) {
  auto line = "  " + name;
  if (line.size() + 2 > indent) return line + "\n" + std::string(indent, ' ') + wrapped(help, indent, indent);
  return line.append(indent - line.size(), ' ') + wrapped(help, indent, indent);
}

std::string name_of(const OptionDescription& option) {
  auto name = text::join(option.names, ", ");
  if (!option.is_flag() && option.names.front().starts_with('-')) name += " " + option.value;
  return name;
}

std::string help_of(const OptionDescription& option) {
  auto help = option.help;
  if (!option.choices.empty()) help += " (" + text::join(option.choices, ", ") + ")";
  if (!option.standard.empty()) help += " [" + option.standard + "]";
  if (option.is_required) help += "; required";
  return help;
}

std::string section(const std::string& title,
                    const std::vector<std::pair<std::string, std::string>>& entries) {
  if (entries.empty()) return "";
  std::size_t longest = 0;
  for (const auto& [name, help] : entries)
    if (name.size() <= kLongestName) longest = std::max(longest, name.size());
  std::string out = "\n" + title + ":\n";
  for (const auto& [name, help] : entries) out += entry(name, help, longest + 4);
  return out;
}

std::string options_of(const std::string& title, const std::vector<OptionDescription>& all) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (const auto& option : all) entries.emplace_back(name_of(option), help_of(option));
  return section(title, entries);
}

std::string usage(const CommandDescription& command) {
  std::string out = "Usage: " + command.name;
  for (const auto& option : command.options)
    if (option.is_required) out += " " + option.names.back() + " " + option.value;
  if (std::ranges::any_of(command.options, [](const auto& option) { return !option.is_required; }))
    out += " [OPTIONS]";
  for (const auto& argument : command.arguments) {
    const auto shown = argument.names.front() + (argument.is_repeatable ? "..." : "");
    out += argument.is_required ? " " + shown : " [" + shown + "]";
  }
  if (!command.subcommands.empty()) out += command.needs_subcommand ? " SUBCOMMAND" : " [SUBCOMMAND]";
  return wrapped(out, 4, 0);
}

std::string examples_of(const CommandDescription& command) {
  std::string out;
  for (const auto& example : command.examples)
    out += "  # " + wrapped(example.what, 4, 4) + "  " + std::string(example.line) + "\n";
  return out.empty() ? out : "\nExamples:\n" + out;
}

}  // namespace

std::string help_text(const CommandDescription& command) {
  std::vector<std::pair<std::string, std::string>> subcommands;
  for (const auto& below : command.subcommands)
    if (!below.is_hidden) subcommands.emplace_back(below.word, below.summary);
  auto out = wrapped(command.summary, 0, 0) + usage(command) + options_of("Arguments", command.arguments) +
             options_of("Options", command.options) + section("Subcommands", subcommands) +
             examples_of(command);
  if (!subcommands.empty())
    out += "\nMore about one of them: pamsctl help" +
           command.name.substr(std::string_view("pamsctl").size()) + " SUBCOMMAND\n";
  return out;
}

}  // namespace pams::milter::ctl::cli
