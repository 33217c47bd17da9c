// pamsctl explain: what an event in the log means, and what to do.
#include <iostream>

#include <CLI/CLI.hpp>

#include "milter/ctl/command.hpp"
#include "milter/log/log.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl {
namespace {

void print(const log::Event& event) {
  std::cout << event.name << "\n  " << event.meaning << '\n';
  if (!event.remedy.empty()) std::cout << "  What to do: " << event.remedy << '\n';
}

int run(const std::string& name) {
  std::vector<std::string> names;
  for (const auto* event : log::events()) {
    if (name.empty() || event->name == name) print(*event);
    if (event->name == name) return kFine;
    names.emplace_back(event->name);
  }
  if (name.empty()) return kFine;
  const auto near = text::did_you_mean(name, names);
  std::cerr << "there is no event '" << text::printable(name) << "'"
            << (near.empty() ? "; `pamsctl explain` lists them" : "; did you mean '" + near + "'?") << '\n';
  return kUsage;
}

std::function<int()> declare(CLI::App& app, const Globals&) {
  auto name = std::make_shared<std::string>();
  app.add_option("event", *name, "The word after event= in the log; all events when left out");
  return [name] { return run(*name); };
}

constexpr Example kExamples[] = {
    {"What event=route_unverified means, and what to do", "pamsctl explain route_unverified"},
    {"All events", "pamsctl explain"},
};

}  // namespace

extern const Command explain;
const Command explain{
    .name = "explain",
    .summary = "Say what an event in the log means and what to do",
    .declare = declare,
    .examples = kExamples,
};

}  // namespace pams::milter::ctl
