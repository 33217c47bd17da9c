// pamsctl completion: what a shell needs to complete pamsctl's commands. The package installs it.
#include "milter/ctl/cli/completion.hpp"

#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "milter/ctl/command.hpp"

namespace pams::milter::ctl {
namespace {

std::function<int()> declare(CLI::App& app, const Globals&) {
  auto shell = std::make_shared<std::string>();
  app.add_option("shell", *shell, "For which shell")->required()->check(CLI::IsMember({"bash", "zsh"}));
  return [shell, &app] {
    const auto all = cli::describe_all(app);
    std::cout << (*shell == "bash" ? cli::bash_completion(all) : cli::zsh_completion(all));
    return kFine;
  };
}

constexpr Example kExamples[] = {
    {"Complete in this shell", "pamsctl completion bash > /tmp/pamsctl && . /tmp/pamsctl"},
    {"For zsh", "pamsctl completion zsh > /usr/share/zsh/vendor-completions/_pamsctl"},
};

}  // namespace

extern const Command completion;
const Command completion{
    .name = "completion",
    .summary = "Print the completion for bash or zsh",
    .declare = declare,
    .examples = kExamples,
    .is_hidden = true,
};

}  // namespace pams::milter::ctl
