/// Scripts by which shells complete pamsctl's commands, options and values. Pure.
#pragma once

#include <string>

#include "milter/ctl/cli/describe.hpp"

namespace pams::milter::ctl::cli {

std::string bash_completion(const CommandDescription& root);
std::string zsh_completion(const CommandDescription& root);

}  // namespace pams::milter::ctl::cli
