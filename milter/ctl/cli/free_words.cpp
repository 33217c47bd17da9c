#include "milter/ctl/cli/free_words.hpp"

#include <algorithm>

namespace pams::milter::ctl::cli {
namespace {

class Sorter {
 public:
  explicit Sorter(const CommandDescription& root) : commands_{&root} {}

  void add(const std::string& word) {
    if (is_over_) return arguments_.push_back(word);
    if (is_value_) {
      is_value_ = false;
    } else if (word == "--") {
      is_over_ = true;
      return;
    } else if (word.starts_with('-') && word.size() > 1) {
      const auto* option = find_option(commands_, word.substr(0, word.find('=')));
      if (option == nullptr) return arguments_.push_back(word);
      is_value_ = !option->is_flag() && word.find('=') == std::string::npos;
    } else if (const auto* below = commands_.back()->subcommand(word); below != nullptr) {
      commands_.push_back(below);
    } else {
      return arguments_.push_back(word);
    }
    others_.push_back(word);
  }
  const CommandDescription& command() const { return *commands_.back(); }
  std::vector<std::string> sorted() const {
    auto out = others_;
    if (arguments_.empty()) return out;
    out.emplace_back("--");
    out.insert(out.end(), arguments_.begin(), arguments_.end());
    return out;
  }

 private:
  std::vector<const CommandDescription*> commands_;
  std::vector<std::string> others_, arguments_;
  bool is_value_ = false, is_over_ = false;
};

}  // namespace

bool takes_free_words(const CommandDescription& command) {
  return !command.arguments.empty() && command.arguments.back().is_repeatable;
}

std::vector<std::string> with_arguments_last(const CommandDescription& root,
                                             std::span<const std::string> words) {
  Sorter sorter(root);
  for (const auto& word : words) sorter.add(word);
  return takes_free_words(sorter.command()) ? sorter.sorted()
                                            : std::vector<std::string>(words.begin(), words.end());
}

}  // namespace pams::milter::ctl::cli
