/// Exchange's header firewall: X-MS-Exchange-Organization-* and X-MS-Exchange-Forest-* are what the servers
/// of one organization tell each other (who was authenticated, which rules ran). A stranger must not say such
/// things to us, and we do not tell them to strangers. Routing fields (Received, Resent-*) stay, as
/// Exchange's Send and Receive connectors for the Internet leave them. Pure; any thread.
#pragma once

#include "rules/message/header.hpp"

namespace pams::rules {

bool is_internal_to_exchange(const HeaderField& field);

/// Removes those fields; nothing is copied or changed when there are none.
void remove_internal_fields(Headers& headers);

}  // namespace pams::rules
