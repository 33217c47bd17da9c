/// pamsctl(1)'s commands, from what `pamsctl describe` prints. Pure; any thread.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace pams::manual {

/// One subsection for each command that runs, with arguments, options and examples; hidden ones are left out.
/// `root`: the whole program. Throws nlohmann::json::exception when it is not what `pamsctl describe` prints.
std::string command_table(const nlohmann::json& root);

}  // namespace pams::manual
