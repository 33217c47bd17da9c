/// The text of --help and `pamsctl help`, within 80 columns. Pure.
#pragma once

#include <string>

#include "milter/ctl/cli/describe.hpp"

namespace pams::milter::ctl::cli {

std::string help_text(const CommandDescription& command);

}  // namespace pams::milter::ctl::cli
