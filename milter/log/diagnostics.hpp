/// What is wrong with a configuration that a running program was to load, one line each (events
/// configuration_error, configuration_warning). Any thread.
#pragma once

#include "rules/base/diagnostic.hpp"

namespace pams::milter::log {

void write_diagnostics(const Diagnostics& diagnostics);

}  // namespace pams::milter::log
