#include "tests/support/pamsctl.hpp"

#include "rules/base/text.hpp"

namespace pams::test {

milter::mta::Finished pamsctl(const std::vector<std::string>& arguments,
                              const std::vector<std::string>& environment) {
  std::vector<std::string> argv{PAMSCTL};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return milter::mta::run_process(argv, environment, std::chrono::minutes(2)).value();
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
