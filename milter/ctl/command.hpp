/// What a pamsctl command is. To add one: write milter/ctl/<name>.cpp and add COMMAND(<name>) to table.def.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace pams::milter::ctl {

/// Exit codes of pamsctl.
enum Exit { kFine = 0, kFoundWrong = 1, kUsage = 2 };

struct Globals {
  std::string config_file;
};

/// Shown by --help and in the manual page. It belongs to the (sub)command whose words `line` begins with.
struct Example {
  std::string_view what;
  std::string_view line;  // as in a shell: "pamsctl trace leaks"
};

struct Command {
  std::string_view name;
  std::string_view summary;
  /// Declares the options on `app` and returns what runs when the command was chosen. `globals` outlives
  /// both.
  std::function<int()> (*declare)(CLI::App& app, const Globals& globals);
  /// At least one for the command and for each of its subcommands.
  std::span<const Example> examples = {};
  /// For programs: works, but is neither in the help nor completed.
  bool is_hidden = false;
};

std::span<const Command* const> commands();

}  // namespace pams::milter::ctl
