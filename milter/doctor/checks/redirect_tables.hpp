/// Whether a service's tables hold a REDIRECT (access(5), header_checks(5)), which sends a message to another
/// address, and makes the queue manager forget every FILTER. Any thread.
#pragma once

#include <string>
#include <vector>

#include "milter/doctor/check.hpp"
#include "milter/mta/postfix/postfix_services.hpp"

namespace pams::milter::doctor {

/// The worst that is found in the parameters `names`, as they hold inside `service`; its
/// smtpd_restriction_classes too. A warning where nobody can list a table.
Finding find_redirect(const mta::PostfixServices& services, const mta::Service& service,
                      std::vector<std::string> names);

}  // namespace pams::milter::doctor
