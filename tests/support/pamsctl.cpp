#include "tests/support/pamsctl.hpp"

#include "rules/base/text.hpp"

namespace pams::test {

milter::mta::Finished pamsctl(const std::vector<std::string>& arguments,
                              const std::vector<std::string>& environment) {
  std::vector<std::string> argv{PAMSCTL};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return milter::mta::run_process(argv, environment, std::chrono::minutes(2)).value();
}

milter::mta::Finished in_shell(const std::string& line, std::vector<std::string> environment) {
  const std::string built = PAMSCTL;
  environment.push_back("PATH=" + built.substr(0, built.rfind('/')) + ":/usr/bin:/bin");
  return milter::mta::run_process({"/bin/sh", "-c", line}, environment, std::chrono::minutes(2)).value();
}

milter::mta::Finished on_terminal(const std::string& line, int columns,
                                  std::vector<std::string> environment) {
  const auto sized = "stty cols " + std::to_string(columns) + " rows 24; " + line;
  environment.push_back("LINE=" + sized);
  environment.push_back("SHELL=/bin/sh");
  return in_shell("script -q -e -c \"$LINE\" /dev/null < /dev/null", std::move(environment));
}

nlohmann::json pamsctl_json(std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  return nlohmann::json::parse(pamsctl(arguments).output);
}

std::string shown(const std::vector<std::string>& arguments, const milter::mta::Finished& finished) {
  return "pamsctl " + text::join(arguments, " ") + ": exit " + std::to_string(finished.exit_code) + "\n" +
         finished.output + finished.errors;
}

}  // namespace pams::test
