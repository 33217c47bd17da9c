// pamsctl reload: asks the running milter to read its configuration again, and tells what came of it.
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>

#include "milter/ctl/command.hpp"
#include "milter/daemon/control_socket.hpp"

namespace pams::milter::ctl {
namespace {

/// systemd gives ExecReload= 90 seconds.
constexpr std::chrono::seconds kTimeout(60);

int run(const Globals& globals) {
  const auto file = std::filesystem::absolute(globals.config_file).lexically_normal().string();
  const auto answer = daemon::ask_to_reload(daemon::control_socket_path(), file, kTimeout);
  if (!answer) {
    std::cerr << "pamsctl: " << answer.error().what << '\n';
    return kFoundWrong;
  }
  (answer->reloaded ? std::cout : std::cerr) << answer->text;
  return answer->reloaded ? kFine : kFoundWrong;
}

std::function<int()> declare(CLI::App&, const Globals& globals) {
  return [&globals] { return run(globals); };
}

constexpr Example kExamples[] = {
    {"After a change of the files; a mistake in them changes nothing", "pamsctl reload"},
};

}  // namespace

extern const Command reload;
const Command reload{
    .name = "reload",
    .summary = "Let the running milter read its configuration again",
    .declare = declare,
    .examples = kExamples,
};

}  // namespace pams::milter::ctl
