/// Whether this Postfix delivers an address on this machine: read from its configuration, and from its tables
/// by postmap. Strict: what is not understood, or could lead elsewhere, is not local. How a mailbox's owner
/// forwards (alias_maps, .forward) is not looked at. Any thread.
#pragma once

#include <memory>

#include "milter/config/config.hpp"
#include "milter/connector/local_delivery.hpp"
#include "milter/connector/mta.hpp"

namespace pams::milter::doctor {

/// Misconfigured with what was found, when it is not.
Status is_local_mailbox(const Mta& mta, const std::string& address);

/// For the daemon: on the Postfix that `config` names. An answer holds while the files that it came from do
/// not change, a failure for five seconds.
std::shared_ptr<LocalDelivery> make_local_delivery(const std::shared_ptr<const Config>& config);

}  // namespace pams::milter::doctor
