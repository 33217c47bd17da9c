/// The built pamsctl, run as an operator runs it: arguments in, exit code and both outputs out.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "milter/mta/process.hpp"

namespace pams::test {

/// `environment` is all that it sees.
milter::mta::Finished pamsctl(const std::vector<std::string>& arguments,
                              const std::vector<std::string>& environment = {});

/// A line of /bin/sh, where `pamsctl` is the built one. `environment` is all that it sees beside the PATH.
milter::mta::Finished in_shell(const std::string& line, std::vector<std::string> environment = {});
/// The same with a terminal of `columns` for an output.
milter::mta::Finished on_terminal(const std::string& line, int columns,
                                  std::vector<std::string> environment = {});

/// Its answer to `arguments` and --json, which must be one JSON text and nothing else.
nlohmann::json pamsctl_json(std::vector<std::string> arguments);

/// For a failed test.
std::string shown(const std::vector<std::string>& arguments, const milter::mta::Finished& finished);

}  // namespace pams::test
