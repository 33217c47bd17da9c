/// From a configuration to what sessions work with. One thread.
#pragma once

#include <memory>

#include "milter/session/services.hpp"

namespace pams::milter {

/// Tries each archive folder and the route token once. What is not in order stops nothing: the mail that
/// needs it waits, and the log says so now (events archive_unusable, journal_unusable,
/// route_token_unreadable).
std::shared_ptr<const Services> make_services(std::shared_ptr<const Config> config);

}  // namespace pams::milter
