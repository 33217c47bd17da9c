// pamsctl reload: asks the running milter to read its configuration again, and tells what came of it and
// whether mail waits now.
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>

#include "milter/control/control_socket.hpp"
#include "milter/control/status_report.hpp"
#include "milter/ctl/command.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl {
namespace {

/// systemd gives ExecReload= 90 seconds.
constexpr std::chrono::seconds kToReload(45);
constexpr std::chrono::seconds kToSayHowItIs(40);

int not_done(const Error& error) {
  const bool is_away = error.failure == Failure::Misconfigured;
  std::cerr << "pamsctl: " << error.what
            << (is_away ? "; nothing is to be reloaded, start it: systemctl start pams-milter\n" : "\n");
  return kFoundWrong;
}

/// The milter's own word on the configuration that holds now.
int say_what_waits(const std::string& socket) {
  const auto report = control::ask_for_status(socket, kToSayHowItIs).and_then([](const std::string& json) {
    return control::read_status_report(json);
  });
  if (!report) {
    std::cerr << "pamsctl: reloaded, but whether mail waits is not known: " << report.error().what << '\n';
    return kFoundWrong;
  }
  const auto reasons = report->why_mail_waits();
  for (const auto& reason : reasons)
    std::cerr << "pamsctl: reloaded, but " << text::printable(reason) << '\n';
  return reasons.empty() ? kFine : kFoundWrong;
}

int run(const Globals& globals) {
  const auto file = std::filesystem::absolute(globals.config_file).lexically_normal().string();
  const auto socket = control::control_socket_path();
  const auto answer = control::ask_to_reload(socket, file, kToReload);
  if (!answer) return not_done(answer.error());
  (answer->reloaded ? std::cout : std::cerr) << answer->text << std::flush;
  return answer->reloaded ? say_what_waits(socket) : kFoundWrong;
}

std::function<int()> declare(CLI::App&, const Globals& globals) {
  return [&globals] { return run(globals); };
}

constexpr Example kExamples[] = {
    {"Look first, then reload", "pamsctl check && pamsctl reload"},
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
