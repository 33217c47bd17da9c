/// The MTA's listener for journal reports: on loopback, for the null sender alone, without any milter (a
/// report is never changed, and never journaled), with the guard rules (they bring the reports of flagged
/// mail to their connector). One place for the setup and the checks. Pure; any thread.
#pragma once

#include <vector>

#include "milter/mta/postfix/postfix_text.hpp"
#include "milter/routing/postfix_settings.hpp"

namespace pams::milter::routing {

/// Whether that master.cf service is it. None is while there are no journal rules.
bool is_journal_listener(const Config& config, const mta::Service& service);

std::vector<TransportSetting> journal_listener_settings();

}  // namespace pams::milter::routing
