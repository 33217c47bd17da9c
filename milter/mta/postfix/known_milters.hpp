/// What another milter is, told from its entry in Postfix's list, which has nothing but its address: by the
/// name of its socket, or by the port that it has by custom. What is not known is neither. Pure.
#pragma once

#include <string_view>

namespace pams::milter::mta {

/// It signs what passes (DKIM, ARC): what a later milter changes breaks the signature.
bool is_signer(std::string_view milter_entry);

/// It judges content (spam, malware): after pams-milter it sees flagged mail sealed.
bool is_scanner(std::string_view milter_entry);

/// rspamd, which scans, and signs too where it has keys.
bool is_rspamd(std::string_view milter_entry);

}  // namespace pams::milter::mta
