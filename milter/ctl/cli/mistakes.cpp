#include "milter/ctl/cli/mistakes.hpp"

#include <algorithm>

#include "milter/ctl/cli/free_words.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl::cli {
namespace {

std::vector<std::string> words_below(const CommandDescription& command) {
  std::vector<std::string> words;
  for (const auto& below : command.subcommands)
    if (!below.is_hidden) words.push_back(below.word);
  return words;
}

std::string hint(const std::string& word, const std::vector<std::string>& candidates) {
  const auto near = text::did_you_mean(word, candidates);
  return near.empty() ? "" : "; did you mean '" + near + "'?";
}

/// Goes over the words as the parser would: which command each belongs to, what is an option's value.
class Walk {
 public:
  explicit Walk(const CommandDescription& root) : commands_{&root} {}

  std::optional<std::string> step(const std::string& word) {
    if (is_over_) return std::nullopt;
    if (is_value_) {
      is_value_ = false;
      return std::nullopt;
    }
    if (word.starts_with('-') && word.size() > 1) return option(word);
    return positional(word);
  }
  std::optional<std::string> missing() const {
    const auto& command = *commands_.back();
    if (!command.needs_subcommand || asks_for_help_) return std::nullopt;
    return complaint(command, "a subcommand is required: " + text::join(words_below(command), ", "));
  }
  const CommandDescription& command() const { return *commands_.back(); }

 private:
  std::optional<std::string> option(const std::string& word) {
    if (word == "--") {
      is_over_ = true;
      return std::nullopt;
    }
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    const auto* known = find_option(commands_, name);
    if (known == nullptr && word.starts_with("--")) return unknown_option(name);
    // It would be taken for a word of the query, and be answered as if it were meant so.
    if (known == nullptr && takes_free_words(command()) && find_option(commands_, "-" + name) != nullptr)
      return complaint(command(), "there is no option '" + text::printable(name) + "'; did you mean '-" +
                                      text::printable(name) + "'? A word of a query may stand behind --");
    const bool is_for_itself = name == "--help" || name == "-h" || name == "--version";
    if (is_for_itself && known != nullptr && known->is_flag()) asks_for_help_ = true;
    is_value_ = known != nullptr && !known->is_flag() && equals == std::string::npos;
    return std::nullopt;
  }
  std::string unknown_option(const std::string& name) const {
    std::vector<std::string> candidates;
    for (const auto* command : commands_)
      for (const auto& option : command->options)
        candidates.insert(candidates.end(), option.names.begin(), option.names.end());
    return complaint(command(),
                     "there is no option '" + text::printable(name) + "'" + hint(name, candidates));
  }
  std::optional<std::string> positional(const std::string& word) {
    const auto& here = command();
    if (const auto* below = here.subcommand(word)) {
      commands_.push_back(below);
      return std::nullopt;
    }
    if (here.subcommands.empty()) return std::nullopt;
    if (here.needs_subcommand) return unknown_subcommand(here, word);
    // A misspelt subcommand would be taken for the argument and be answered as if it were meant so.
    const auto near = text::did_you_mean(word, words_below(here));
    if (near.empty()) return std::nullopt;
    return unknown_subcommand(here, word) + "As an argument it stands behind --: " + here.name + " -- " +
           text::printable(word) + "\n";
  }

  std::vector<const CommandDescription*> commands_;
  bool is_value_ = false, is_over_ = false, asks_for_help_ = false;
};

}  // namespace

std::string complaint(const CommandDescription& command, const std::string& what) {
  return command.name + ": " + what + "\nSee: pamsctl help" +
         command.name.substr(std::string_view("pamsctl").size()) + "\n";
}

std::string unknown_subcommand(const CommandDescription& command, const std::string& word) {
  return complaint(command, "there is no subcommand '" + text::printable(word, 60) + "'" +
                                hint(word, words_below(command)));
}

std::optional<std::string> first_mistake(const CommandDescription& root, std::span<const std::string> words) {
  Walk walk(root);
  for (const auto& word : words)
    if (auto mistake = walk.step(word)) return mistake;
  return walk.missing();
}

const CommandDescription& chosen_command(const CommandDescription& root, std::span<const std::string> words) {
  Walk walk(root);
  for (const auto& word : words)
    if (walk.step(word)) break;
  return walk.command();
}

}  // namespace pams::milter::ctl::cli
